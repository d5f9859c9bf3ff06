/** Seam: the unmodified `ConvexClient` and `ConvexHttpClient` against a host in this process. */
import { ConvexError } from "convex/values";
import { describe, expect, it } from "vitest";
import {
  ADMIN_KEY,
  action,
  convexClient,
  fixtureHost,
  httpClient,
  mutation,
  query,
  watch,
} from "./fixtures/harness.ts";

describe("a reactive client", () => {
  it("sees what another client writes, and its own writes when its mutation resolves", async () => {
    const host = await fixtureHost();
    const [reader, writer] = [convexClient(host.url), convexClient(host.url)];
    const titles = watch(reader, "tasks:titles", { queue: "a" });
    expect(await titles.until(() => true)).toEqual([]);
    await writer.mutation(mutation("tasks:add"), { queue: "a", title: "one" });
    expect(await writer.query(query("tasks:titles"), { queue: "a" })).toEqual(["one"]);
    expect(await titles.until((value) => value.length === 1)).toEqual(["one"]);
  });

  it("keeps the order of its own mutations", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const names = Array.from({ length: 200 }, (_, i) => `task ${i}`);
    await Promise.all(names.map((title) => client.mutation(mutation("tasks:add"), { queue: "a", title })));
    expect(await client.query(query("tasks:titles"), { queue: "a" })).toEqual(names);
  });

  it("gets the data of a ConvexError, and nothing of the failed mutation stays", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const error = await client
      .mutation(mutation("tasks:refuse"), { reason: "full" })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConvexError);
    expect((error as ConvexError<{ code: string }>).data).toEqual({ code: "refused", reason: "full" });
    expect(await client.query(query("marks:all"), {})).not.toContain("full");
  });

  it("hears of a query's failure and of its recovery", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const id = await client.mutation(mutation("tasks:add"), { queue: "a", title: "one" });
    const other = watch(client, "tasks:get", { id: "nonsense" });
    expect((await other.failed()).message).toContain(
      "ArgumentValidationError: Value does not match validator.\nPath: .id",
    );
    const mine = watch(client, "tasks:get", { id });
    await client.mutation(mutation("tasks:remove"), { id });
    expect(await mine.until((value) => value === null)).toBeNull();
  });

  it("runs actions, which run mutations", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    await client.action(action("marks:act"), { text: "from an action" });
    expect(await client.query(query("marks:all"), {})).toContain("from an action");
  });

  it("keeps neighbouring pages without gap or overlap while rows come and go", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    for (let i = 0; i < 6; i++)
      await client.mutation(mutation("tasks:add"), { queue: "a", title: `${i}`, priority: i });
    const first = watch(client, "tasks:page", { queue: "a", paginationOpts: { numItems: 3, cursor: null } });
    const page = await first.until(() => true);
    const next = { numItems: 3, cursor: page.continueCursor };
    const second = watch(client, "tasks:page", { queue: "a", paginationOpts: next });
    await second.until(() => true);
    await client.mutation(mutation("tasks:add"), { queue: "a", title: "new", priority: 1.5 });
    const grown = await first.until((value) => value.page.length === 4);
    expect(grown.page.map((row: { title: string }) => row.title)).toEqual(["0", "1", "new", "2"]);
    expect(second.seen.at(-1).page.map((row: { title: string }) => row.title)).toEqual(["3", "4", "5"]);
  });

  it("refuses a cursor of another query", async () => {
    const host = await fixtureHost();
    const client = httpClient(host.url);
    await client.mutation(mutation("tasks:add"), { queue: "a", title: "x" });
    const { continueCursor: cursor } = await client.query(query("tasks:page"), {
      queue: "a",
      paginationOpts: { numItems: 1, cursor: null },
    });
    const foreign = client.query(query("tasks:page"), {
      queue: "b",
      paginationOpts: { numItems: 1, cursor },
    });
    await expect(foreign).rejects.toThrow("InvalidCursor");
  });
});

describe("nested calls", () => {
  it("take back the writes of a child whose error is caught, and keep the rest", async () => {
    const host = await fixtureHost();
    const result = await httpClient(host.url).mutation(mutation("marks:nested"), {});
    expect(result.message).toContain("Uncaught Error: exploded: taken back");
    expect(result.seen).toContain("kept");
    expect(result.seen).not.toContain("taken back");
  });

  it("with useStaleSnapshot see the data as the mutation found it, which keeps its own writes", async () => {
    const host = await fixtureHost();
    const client = httpClient(host.url);
    await client.mutation(mutation("marks:write_"), { text: "old" });
    const seen = await client.mutation(mutation("marks:stale"), {});
    const texts = (marks: unknown) => (marks as string[]).filter((text) => text !== "cron");
    expect([seen.first, seen.second].map(texts)).toEqual([["old"], ["old"]]);
    expect(texts(seen.own)).toEqual(["changed", "own", "nested"]);
    expect(seen.waiting).toContain("cannot wait for `crypto.subtle`");
    expect(texts(await client.query(query("marks:all"), {}))).toEqual(["changed", "own", "nested"]);
  });
});

describe("an HTTP client", () => {
  it("queries and mutates", async () => {
    const host = await fixtureHost();
    const client = httpClient(host.url);
    await client.mutation(mutation("tasks:add"), { queue: "a", title: "one" });
    expect(await client.query(query("tasks:titles"), { queue: "a" })).toEqual(["one"]);
    expect(await client.consistentQuery(query("tasks:titles"), { queue: "a" })).toEqual(["one"]);
  });

  it("calls internal functions with the admin key only, and cannot tell them from missing ones", async () => {
    const host = await fixtureHost();
    const client = httpClient(host.url);
    const missing = await client.query(query("marks:nothing"), {}).catch((e: Error) => e.message);
    const internal = await client.query(query("marks:secret"), {}).catch((e: Error) => e.message);
    const bare = (text: string) => text.replace(/Request ID: \w+/, "").replace(/'[^']+'/, "");
    expect(bare(internal)).toBe(bare(missing));
    expect(internal).toContain("Could not find public function for 'marks:secret'");
    const admin = httpClient(host.url) as ReturnType<typeof httpClient> & { setAdminAuth(key: string): void };
    admin.setAdminAuth(ADMIN_KEY);
    expect(await admin.query(query("marks:secret"), {})).toBe("for admins");
    admin.setAdminAuth("wrong");
    await expect(admin.query(query("marks:secret"), {})).rejects.toThrow("admin key");
  });

  it("says which kind a function is when it is called as another", async () => {
    const host = await fixtureHost();
    const call = httpClient(host.url).query(query("tasks:add"), { queue: "a", title: "x" });
    await expect(call).rejects.toThrow(
      "Trying to execute tasks:add as Query, but it is defined as Mutation.",
    );
  });

  it("gets request id, kind of error and message; redacted, only the first line and the data", async () => {
    const open = httpClient((await fixtureHost()).url);
    await expect(open.mutation(mutation("tasks:crash"), {})).rejects.toThrow(
      /^\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught Error: something broke\n {4}at handler/,
    );
    const closed = httpClient((await fixtureHost({ redact: true })).url);
    await expect(closed.mutation(mutation("tasks:crash"), {})).rejects.toThrow(
      /^\[Request ID: [0-9a-f]{16}\] Server Error$/,
    );
    const error = await closed.mutation(mutation("tasks:refuse"), { reason: "r" }).catch((e: unknown) => e);
    expect((error as ConvexError<{ code: string }>).data).toEqual({ code: "refused", reason: "r" });
  });
});

it("gives a commit timestamp that grows, in the document and in the answer", async () => {
  const host = await fixtureHost();
  const client = convexClient(host.url);
  const first = await client.mutation(mutation("marks:stamp"), { text: "a" });
  const second = await client.mutation(mutation("marks:stamp"), { text: "b" });
  expect(typeof first.at).toBe("bigint");
  expect(second.at > first.at).toBe(true);
  expect(second._creationTime).toBeGreaterThan(first._creationTime);
});

it("leaves the log lines of a function to the client", async () => {
  const host = await fixtureHost();
  const answer = await fetch(`${host.url}/api/query`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path: "runtime:say", args: { value: [1] } }),
  });
  expect(await answer.json()).toEqual({
    status: "success",
    value: [1],
    logLines: ["[LOG] 'hello' [ 1 ]", "[ERROR] true"],
  });
});
