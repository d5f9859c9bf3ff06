/** Seam: real engine and store; what is counted is how often the engine really ran the query. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { convexClient, fixtureHost, httpClient, mutation, query, watch } from "../fixtures/harness.ts";
import type { HostLog } from "../values/log.ts";
import { Engine } from "../functions/engine.ts";

afterEach(() => vi.restoreAllMocks());

/** Counts evaluations of a query by its path and first argument. */
function countQueries() {
  const spy = vi.spyOn(Engine.prototype, "query");
  return (path: string, args: object) =>
    spy.mock.calls.filter(
      ([call]) => call.path === path && JSON.stringify(call.args[0]) === JSON.stringify(args),
    ).length;
}

describe("subscribers of one query", () => {
  it("share one evaluation per change, however many they are", async () => {
    const count = countQueries();
    const host = await fixtureHost();
    const watchers = Array.from({ length: 12 }, () =>
      watch(convexClient(host.url), "tasks:titles", { queue: "shared" }),
    );
    await Promise.all(watchers.map((each) => each.until(() => true)));
    expect(count("tasks:titles", { queue: "shared" })).toBeLessThanOrEqual(2);
    const before = count("tasks:titles", { queue: "shared" });
    await httpClient(host.url).mutation(mutation("tasks:add"), { queue: "shared", title: "one" });
    await Promise.all(watchers.map((each) => each.until((value) => value.length === 1)));
    expect(count("tasks:titles", { queue: "shared" })).toBe(before + 1);
  });

  it("are not evaluated for writes that touch nothing they read", async () => {
    const count = countQueries();
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const mine = watch(client, "tasks:titles", { queue: "mine" });
    await mine.until(() => true);
    const before = count("tasks:titles", { queue: "mine" });
    for (const queue of ["a", "min", "mine2", "z"])
      await client.mutation(mutation("tasks:add"), { queue, title: "x" });
    await client.mutation(mutation("marks:later"), { text: "x", afterMs: 3_600_000 });
    expect(count("tasks:titles", { queue: "mine" })).toBe(before);
    await client.mutation(mutation("tasks:add"), { queue: "mine", title: "x" });
    expect(count("tasks:titles", { queue: "mine" })).toBe(before + 1);
  });

  it("reads only up to the first row of `first()`: later rows do not wake it", async () => {
    const count = countQueries();
    const host = await fixtureHost();
    const client = convexClient(host.url);
    await client.mutation(mutation("tasks:add"), { queue: "first", title: "top", priority: 1 });
    const next = watch(client, "tasks:next", { queue: "first" });
    await next.until((value) => value !== null);
    const before = count("tasks:next", { queue: "first" });
    await client.mutation(mutation("tasks:add"), { queue: "first", title: "later", priority: 5 });
    expect(count("tasks:next", { queue: "first" })).toBe(before);
    await client.mutation(mutation("tasks:add"), { queue: "first", title: "sooner", priority: 0 });
    expect((await next.until((value) => value.title === "sooner")).title).toBe("sooner");
  });

  it("are told again only when the result is another", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const count = watch(client, "marks:texts", { text: "same" });
    await count.until(() => true);
    const seen = count.seen.length;
    const id = await client.mutation(mutation("tasks:add"), { queue: "a", title: "x" });
    const titles = watch(client, "tasks:titles", { queue: "a" });
    await titles.until(() => true);
    // Changes a field that the query reads over but does not return.
    await client.mutation(mutation("tasks:rename"), { id, title: "x" });
    expect(count.seen.length).toBe(seen);
    expect(titles.seen).toEqual([["x"]]);
  });

  it("see all of a mutation's writes at once, over all their queries", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const [all, kept] = [watch(client, "marks:all"), watch(client, "marks:texts", { text: "kept" })];
    await Promise.all([all.until(() => true), kept.until(() => true)]);
    await httpClient(host.url).mutation(mutation("marks:nested"), {});
    await kept.until((value) => value === 1);
    expect(all.seen.at(-1)).toContain("kept");
  });

  it("hear no failure of a query that works again under a stable error", async () => {
    const lines: HostLog[] = [];
    const host = await fixtureHost({ log: (line) => lines.push(line) });
    const client = convexClient(host.url);
    const broken = watch(client, "tasks:wrongReturn");
    expect((await broken.failed()).message).toContain(
      "ReturnsValidationError: Value does not match validator.\nValue: 1.0\nValidator: v.string()",
    );
    expect(lines.some((line) => line.kind === "functionFailed")).toBe(true);
  });
});

it("answers HTTP queries from a shared result for as long as it is valid", async () => {
  const count = countQueries();
  const host = await fixtureHost();
  const client = httpClient(host.url);
  for (let i = 0; i < 5; i++) await client.query(query("tasks:titles"), { queue: "http" });
  expect(count("tasks:titles", { queue: "http" })).toBe(1);
  await client.mutation(mutation("tasks:add"), { queue: "http", title: "x" });
  expect(await client.query(query("tasks:titles"), { queue: "http" })).toEqual(["x"]);
});
