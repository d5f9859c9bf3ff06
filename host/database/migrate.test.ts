/** Seam: the schema of one start against the data of the one before, through whole hosts. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixtureHost, httpClient, mutation, query, tempApp, tempFolder } from "../fixtures/harness.ts";

const FUNCTIONS = `import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
export const put = mutation(async (ctx, { doc }) => await ctx.db.insert("notes", doc));
export const fill = mutation(async (ctx, { count }) => {
  for (let i = 0; i < count; i++) await ctx.db.insert("notes", { text: "note " + i, ...(i % 2 === 0 && { mood: "even" }) });
});
export const by = query(async (ctx, { index, value }) =>
  (await ctx.db.query("notes").withIndex(index, (q) => q.eq(index.slice(3), value)).collect()).map((note) => note.text));
export const other = mutation(async (ctx) => { await ctx.db.insert("undeclared", { a: 1 }); return (await ctx.db.query("undeclared").collect()).length; });
export const otherCount = query(async (ctx) => (await ctx.db.query("undeclared").collect()).length);
`;
const app = (fields: string, indexes = "", options = "") =>
  tempApp({
    "notes.ts": FUNCTIONS,
    "schema.ts": `import { defineSchema, defineTable } from "convex/server"; import { v } from "convex/values";
      export default defineSchema({ notes: defineTable({ ${fields} })${indexes} }${options});`,
  });
const put = (url: string, doc: object) => httpClient(url).mutation(mutation("notes:put"), { doc });
const by = (url: string, index: string, value: unknown) =>
  httpClient(url).query(query("notes:by"), { index, value });

describe("a changed schema", () => {
  it("fills a new index with what is there, and drops one that is gone", async () => {
    const data = join(tempFolder(), "data.sqlite");
    const text = "text: v.string(), mood: v.optional(v.string())";
    const first = await fixtureHost({ data, functions: app(text, '.index("by_text", ["text"])') });
    await httpClient(first.url).mutation(mutation("notes:fill"), { count: 1_200 });
    await first.stop();
    const second = await fixtureHost({ data, functions: app(text, '.index("by_mood", ["mood"])') });
    expect(await by(second.url, "by_mood", "even")).toHaveLength(600);
    await expect(by(second.url, "by_text", "note 1")).rejects.toThrow("Index notes.by_text not found");
    await second.stop();
    const third = await fixtureHost({ data, functions: app(text, '.index("by_text", ["text"])') });
    expect(await by(third.url, "by_text", "note 7")).toEqual(["note 7"]);
  });

  it("that a stored document does not fit keeps the host from starting, and changes nothing", async () => {
    const data = join(tempFolder(), "data.sqlite");
    const first = await fixtureHost({ data, functions: app("text: v.any()") });
    const id = await put(first.url, { text: 5 });
    await first.stop();
    await expect(fixtureHost({ data, functions: app("text: v.string()") })).rejects.toThrow(
      `Schema validation failed.\nDocument with ID "${id}" in table "notes" does not match the schema: Value does not match validator.\nPath: .text\nValue: 5.0`,
    );
    const again = await fixtureHost({ data, functions: app("text: v.any()") });
    await put(again.url, { text: "still works" });
  });
});

it("takes a schema with a staged index, and lets no function use that", async () => {
  const host = await fixtureHost();
  const use = httpClient(host.url).query(query("marks:byStaged"), {});
  await expect(use).rejects.toThrow("Index marks.by_at_later not found.");
});

it("checks every write against the schema", async () => {
  const host = await fixtureHost();
  await expect(httpClient(host.url).mutation(mutation("tasks:wrongDocument"), {})).rejects.toThrow(
    'Failed to insert or update a document in table "tasks" because it does not match the schema: Value does not match validator.\nPath: .title\nValue: 1.0\nValidator: v.string()',
  );
});

it("keeps tables that no schema declares", async () => {
  const data = join(tempFolder(), "data.sqlite");
  const functions = app("text: v.string()");
  for (let start = 1; start <= 2; start++) {
    const host = await fixtureHost({ data, functions });
    expect(await httpClient(host.url).mutation(mutation("notes:other"), {})).toBe(start);
    expect(await httpClient(host.url).query(query("notes:otherCount"), {})).toBe(start);
    await host.stop();
  }
});

it.each([
  ['.searchIndex("s", { searchField: "text" })', "search index"],
  ['.vectorIndex("v", { vectorField: "text", dimensions: 3 })', "vector index"],
  ['.index("by_text", ["text", "text"])', "names a field twice"],
])("refuses at load what it does not have: %s", async (indexes, message) => {
  await expect(fixtureHost({ functions: app("text: v.any()", indexes) })).rejects.toThrow(message);
});
