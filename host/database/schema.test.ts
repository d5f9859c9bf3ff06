/** Seam: what `schema.export()` may declare, as it comes with a deploy. */
import { defineSchema, defineTable, type GenericSchema } from "convex/server";
import { v } from "convex/values";
import { expect, it } from "vitest";
import { parseSchema } from "./schema.ts";

const parse = (tables: GenericSchema) =>
  parseSchema((defineSchema(tables) as unknown as { export(): string }).export());

it("refuses names that the server keeps for itself, and names that are no identifiers", () => {
  const one = defineTable({ a: v.string() });
  expect(() => parse({ _own: one })).toThrow('Table "_own": names that begin with "_" are reserved.');
  expect(() => parse({ "a-b": one })).toThrow('Table "a-b": Table names must be valid identifiers');
  expect(() => parse({ t: one.index("by-a", ["a"]) })).toThrow("Index names must be valid identifiers");
  expect(() => parse({ t: defineTable(v.union(v.object({ _a: v.string() }), v.object({}))) })).toThrow(
    'has a field "_a"',
  );
  expect(parse({ t: defineTable({ _creationTime: v.number(), a: v.string() }) }).tables).toHaveLength(1);
});

it("refuses indexes that the server refuses: of fields that no document has, or of creation time", () => {
  const withIndex = (...fields: string[]) => {
    const table = defineTable({
      a: v.string(),
      inner: v.optional(v.union(v.null(), v.object({ b: v.number() }))),
      by: v.record(v.string(), v.number()),
      free: v.any(),
    });
    return parse({ t: table.index("by_it", fields as ["a"]) }).tables[0]?.indexes.length;
  };
  expect(withIndex("a", "inner.b", "by.key", "free.any.where")).toBe(1);
  expect(() => withIndex("a", "nothing")).toThrow(
    'In table "t" the index "by_it" is invalid because it references the field "nothing" that does not exist.',
  );
  expect(() => withIndex("inner.c")).toThrow('the field "inner.c" that does not exist');
  expect(() => withIndex("a.length")).toThrow('the field "a.length" that does not exist');
  expect(() => withIndex("a", "_creationTime")).toThrow("automatically added to the end of each index");
});

it("refuses two indexes of one name", () => {
  const table = defineTable({ a: v.string(), b: v.string() });
  expect(() => parse({ t: table.index("by_it", ["a"]).index("by_it" as "by_other", ["b"]) })).toThrow(
    'Table "t" has two indexes named "by_it".',
  );
});
