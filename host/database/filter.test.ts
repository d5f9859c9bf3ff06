/** Seam: filters as the convex package writes them (`q => q.lt(q.field("n"), 3)`), on one document. */
import { describe, expect, it } from "vitest";
import type { ConvexJson, ConvexObject } from "../values/json.ts";
import { passes } from "./filter.ts";

const document: ConvexObject = {
  n: 3,
  big: { $integer: "BwAAAAAAAAA=" },
  s: "b",
  deep: { x: true },
  list: [1],
};
const field = (name: string) => ({ $field: name });
const value = (literal: ConvexJson) => ({ $literal: literal });
const seven = { $integer: "BwAAAAAAAAA=" };
const missing = { $literal: { $undefined: null } };

describe("a filter", () => {
  it.each<[ConvexJson, boolean]>([
    [{ $eq: [field("n"), value(3)] }, true],
    [{ $neq: [field("n"), value(3)] }, false],
    [{ $eq: [field("big"), value(seven)] }, true],
    [{ $eq: [field("n"), value(seven)] }, false],
    [{ $lt: [field("s"), value("c")] }, true],
    [{ $gte: [field("s"), value(1)] }, true],
    [{ $eq: [field("deep.x"), value(true)] }, true],
    [{ $eq: [field("deep.y"), missing] }, true],
    [{ $lt: [field("nothing"), value(null)] }, true],
    [{ $eq: [{ $add: [field("n"), value(1)] }, value(4)] }, true],
    [
      {
        $eq: [
          { $mod: [field("big"), value({ $integer: "BAAAAAAAAAA=" })] },
          value({ $integer: "AwAAAAAAAAA=" }),
        ],
      },
      true,
    ],
    [{ $eq: [{ $neg: field("n") }, value(-3)] }, true],
    [{ $and: [{ $gt: [field("n"), value(2)] }, { $lt: [field("n"), value(2)] }] }, false],
    [{ $or: [{ $gt: [field("n"), value(2)] }, { $lt: [field("n"), value(2)] }] }, true],
    [{ $not: { $eq: [field("n"), value(3)] } }, false],
    [{ $eq: [field("list"), value([1])] }, true],
    [field("n"), false],
  ])("%j is %s", (expression, expected) => {
    expect(passes(document, expression)).toBe(expected);
  });

  it.each<[ConvexJson, string]>([
    [{ $add: [field("n"), field("big")] }, "two numbers of one type, got float64 and int64"],
    [{ $div: [field("big"), value({ $integer: "AAAAAAAAAAA=" })] }, "Division by zero"],
    [{ $neg: field("s") }, "$neg in a filter wants a number, got string"],
    [{ $pow: [1, 2] }, "Unknown operator $pow"],
  ])("%j is refused", (expression, message) => {
    expect(() => passes(document, expression)).toThrow(message);
  });
});
