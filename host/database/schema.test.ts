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
