/** Seam: `ConvexHttpClient.consistentQuery` and its two routes over real hosts, on a file and in memory. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fixtureHost, httpClient, mutation, query, tempFolder } from "../fixtures/harness.ts";

const titles = query("tasks:titles");
const add = mutation("tasks:add");
const queue = "a";

const post = (url: string, path: string, body: unknown) =>
  fetch(`${url}/api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const now = async (url: string) => ((await (await post(url, "query_ts", {})).json()) as { ts: string }).ts;
const at = (url: string, ts: string) =>
  post(url, "query_at_ts", { path: "tasks:titles", args: { queue }, ts });
const valueAt = async (url: string, ts: string) =>
  ((await (await at(url, ts)).json()) as { value: unknown }).value;

describe.each(["a file", "memory"])("a host on %s", (place) => {
  const host = () => fixtureHost({ data: place === "memory" ? ":memory:" : join(tempFolder(), "a.sqlite") });

  it("answers all queries of a consistent client with the data of its first one", async () => {
    const { url } = await host();
    const [client, writer] = [httpClient(url), httpClient(url)];
    await writer.mutation(add, { queue, title: "one" });
    expect(await client.consistentQuery(titles, { queue })).toEqual(["one"]);
    await writer.mutation(add, { queue, title: "two" });
    expect(await client.consistentQuery(titles, { queue })).toEqual(["one"]);
    expect(await client.query(titles, { queue })).toEqual(["one", "two"]);
    expect(await httpClient(url).consistentQuery(titles, { queue })).toEqual(["one", "two"]);
  });

  it("sees no document that was removed or changed after the timestamp in another way", async () => {
    const { url } = await host();
    const writer = httpClient(url);
    const id = await writer.mutation(add, { queue, title: "one" });
    const before = await now(url);
    await writer.mutation(mutation("tasks:remove"), { id });
    const after = await now(url);
    expect(await valueAt(url, before)).toEqual(["one"]);
    expect(await valueAt(url, after)).toEqual([]);
  });
});

describe("a timestamp", () => {
  const refused = async (answer: Promise<Response>) => {
    const { status } = await answer;
    const { code, message } = (await (await answer).json()) as { code: string; message: string };
    return { status, code, message };
  };
  const gone = {
    status: 400,
    code: "TimestampOutOfRetention",
    message: expect.stringContaining("30 seconds") as string,
  };

  it("is good for 30 seconds after it was handed out", async () => {
    const { url } = await fixtureHost({ data: join(tempFolder(), "a.sqlite") });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const ts = await now(url);
    await httpClient(url).mutation(add, { queue, title: "one" });
    vi.advanceTimersByTime(29_000);
    expect(await valueAt(url, ts)).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(await refused(at(url, ts))).toEqual(gone);
  });

  it("gives way to newer ones, the oldest first", async () => {
    const { url } = await fixtureHost({ data: join(tempFolder(), "a.sqlite") });
    const writer = httpClient(url);
    const given: string[] = [];
    for (let i = 0; i < 33; i++) {
      given.push(await now(url));
      await writer.mutation(add, { queue, title: String(i) });
    }
    expect(await refused(at(url, given[0]!))).toEqual(gone);
    expect(await valueAt(url, given[1]!)).toEqual(["0"]);
  });

  it("that no commit has, or that is no timestamp, is refused", async () => {
    const { url } = await fixtureHost();
    expect(await refused(at(url, "AAAAAAAAAAA="))).toEqual(gone);
    expect(await refused(at(url, "//////////8="))).toEqual(gone);
    expect(await refused(at(url, "soon"))).toMatchObject({ status: 400, code: "BadJsonBody" });
  });

  it("holds the log of the data file no longer than its host runs", async () => {
    const data = join(tempFolder(), "a.sqlite");
    const host = await fixtureHost({ data });
    await now(host.url);
    await httpClient(host.url).mutation(add, { queue, title: "one" });
    await host.stop();
    // A log that is still held could not be folded into the file, and would lie beside it.
    expect(statSync(`${data}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
  });
});
