/** Seam: the expressions of `withIndex`, as the convex package hands them over, and the words that refuse them. */
import { beforeEach, describe, expect, it } from "vitest";
import { memoryStore } from "../fixtures/memoryStore.ts";
import type { Catalog } from "./catalog.ts";
import { type RangeExpression, resolveSource } from "./indexRange.ts";

let catalog: Catalog;
beforeEach(async () => {
  catalog = (await memoryStore()).catalog;
  catalog.addIndex(catalog.table("rows"), "by_a_b", ["a", "b", "_creationTime", "_id"]);
});

const resolve =
  (...range: [RangeExpression["type"], string][]) =>
  () =>
    resolveSource(
      {
        type: "IndexRange",
        indexName: "rows.by_a_b",
        order: null,
        range: range.map(([type, fieldPath]) => ({ type, fieldPath, value: 1 })),
      },
      catalog,
    );

describe("an index range", () => {
  it("says which field is out of order, and which order there is", () => {
    expect(resolve(["Eq", "b"], ["Gt", "a"])).toThrow(
      "Tried to query index rows.by_a_b but the query didn't use the index fields in order.\n" +
        'Index fields: ["a", "b", "_creationTime"]\nQuery fields: ["b", "a"]\nFirst incorrect field: "b"',
    );
    expect(resolve(["Eq", "a"], ["Eq", "b"], ["Eq", "c"])).toThrow('First incorrect field: "c"');
  });

  it.each([
    [
      "two equalities of one field",
      [
        ["Eq", "a"],
        ["Eq", "a"],
      ],
    ],
    [
      "an equality after a bound",
      [
        ["Gt", "a"],
        ["Eq", "b"],
      ],
    ],
    [
      "two lower bounds",
      [
        ["Gt", "a"],
        ["Gte", "a"],
      ],
    ],
    [
      "bounds of two fields",
      [
        ["Gt", "a"],
        ["Lt", "b"],
      ],
    ],
  ] as [string, [RangeExpression["type"], string][]][])("may not have %s", (...[, range]) => {
    expect(resolve(...range)).toThrow("Invalid index range on by_a_b");
  });

  it("may name all of its fields, and then when and under which id a document was made", () => {
    expect(
      resolve(["Eq", "a"], ["Eq", "b"], ["Eq", "_creationTime"], ["Gte", "_id"], ["Lt", "_id"]),
    ).not.toThrow();
  });
});
