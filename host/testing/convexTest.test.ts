/** Seam: `convexTest()` as a suite written for convex-test calls it, over the fixture app's modules. */
import {
  createFunctionHandle,
  defineSchema,
  type FunctionReference,
  defineTable,
  makeFunctionReference,
} from "convex/server";
import { ConvexError, v } from "convex/values";
import { afterEach, expect, it, vi } from "vitest";
import { convexTest } from "./convexTest.ts";

const schema = defineSchema({
  tasks: defineTable({
    queue: v.string(),
    status: v.string(),
    priority: v.number(),
    title: v.string(),
  }).index("by_queue", ["queue", "status", "priority"]),
  marks: defineTable({ text: v.string() }).index("by_text", ["text"]),
  people: defineTable({ name: v.string() }).index("by_name", ["name"]),
});
const app = "../fixtures/app/convex";
// Loaded by name: the fixtures are written for untyped builders and are no part of the type check.
const load = (name: string) => () => import(`../fixtures/app/convex/${name}.ts`);
const modules = {
  [`${app}/_generated/api.js`]: () => Promise.resolve({}),
  [`${app}/tasks.ts`]: load("tasks"),
  [`${app}/marks.ts`]: load("marks"),
  [`${app}/runtime.ts`]: load("runtime"),
  [`${app}/http.ts`]: load("http"),
};
const fn = <K extends "query" | "mutation" | "action">(name: string) => makeFunctionReference<K>(name);
const start = () => convexTest(schema, modules);

afterEach(() => vi.useRealTimers());

it("runs functions by name and inline over the same data", async () => {
  const t = start();
  const id = await t.mutation(fn<"mutation">("tasks:add"), { queue: "a", title: "one" });
  expect(await t.query(fn<"query">("tasks:titles"), { queue: "a" })).toEqual(["one"]);
  const doc = await t.run(async (ctx) => await ctx.db.get(id));
  expect(doc).toMatchObject({ _id: id, title: "one" });
  expect(await t.query(async (ctx) => (await ctx.db.query("tasks").collect()).length)).toBe(1);
});

it("takes the name and the handle of a function as well as a reference", async () => {
  const t = start();
  const handle = await t.action(async () => await createFunctionHandle(fn<"query">("tasks:titles")));
  const names = ["tasks:titles", handle] as unknown as FunctionReference<"query">[];
  for (const each of names) expect(await t.query(each, { queue: "a" })).toEqual([]);
});

it("keeps nothing of a mutation that throws, and gives the data of a ConvexError", async () => {
  const t = start();
  const refused = await t
    .mutation(fn<"mutation">("tasks:refuse"), { reason: "closed" })
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConvexError);
  expect(refused).toMatchObject({ data: { code: "refused", reason: "closed" } });
  expect(await t.query(fn<"query">("marks:all"), {})).toEqual([]);
});

it("takes back a nested mutation alone when its caller catches", async () => {
  const t = start();
  const { message, seen } = await t.mutation(fn<"mutation">("marks:nested"), {});
  expect(message).toContain("exploded: taken back");
  expect(seen).toEqual(["kept"]);
});

it("gives a stale snapshot without the writes of its mutation", async () => {
  const t = start();
  await t.mutation(fn<"mutation">("marks:write_"), { text: "old" });
  const { first, second, own } = await t.mutation(fn<"mutation">("marks:stale"), {});
  expect([first, second, own]).toEqual([["old"], ["old"], ["changed", "own", "nested"]]);
});

it("refuses arguments and documents that do not fit", async () => {
  const t = start();
  await expect(t.mutation(fn<"mutation">("tasks:add"), { queue: 1 })).rejects.toThrow(
    "ArgumentValidationError",
  );
  await expect(t.mutation(fn<"mutation">("tasks:wrongDocument"), {})).rejects.toThrow(
    "does not match the schema",
  );
});

it("gives functions the identity of withIdentity", async () => {
  const as = start().withIdentity({ name: "Ada", subject: "ada" });
  expect(await as.query(fn<"query">("runtime:whoami"), {})).toMatchObject({ name: "Ada", subject: "ada" });
});

it("runs scheduled functions when the fake clock reaches them", async () => {
  vi.useFakeTimers();
  const t = start();
  const id = await t.mutation(fn<"mutation">("marks:later"), { text: "late", afterMs: 60_000 });
  expect(await t.query(fn<"query">("marks:all"), {})).toEqual([]);
  vi.advanceTimersByTime(60_000);
  await t.finishInProgressScheduledFunctions();
  expect(await t.query(fn<"query">("marks:all"), {})).toEqual(["late"]);
  expect(await t.query(fn<"query">("marks:job"), { id })).toMatchObject({ state: { kind: "success" } });
});

it("drains what schedules, failures included", async () => {
  vi.useFakeTimers();
  const t = start();
  const failing = await t.mutation(fn<"mutation">("marks:later"), { text: "x", afterMs: 10, fail: true });
  await t.mutation(fn<"mutation">("marks:later"), { text: "y", afterMs: 20 });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await t.query(fn<"query">("marks:all"), {})).toEqual(["y"]);
  expect(await t.query(fn<"query">("marks:job"), { id: failing })).toMatchObject({
    state: { kind: "failed" },
  });
});

it("answers HTTP actions", async () => {
  const t = start();
  const response = await t.fetch("/echo", { method: "POST", body: "hello" });
  expect([response.status, await response.text()]).toEqual([201, "HELLO"]);
  expect((await t.fetch("/nowhere")).status).toBe(404);
});

it("stores files from run", async () => {
  const t = start();
  const url = await t.run(async (ctx) => await ctx.storage.getUrl(await ctx.storage.store(new Blob(["a"]))));
  expect(url).toContain("/api/storage/");
});
