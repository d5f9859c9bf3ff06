/** Seam: the texts that clients and their tests match on, through argument, return and schema validation. */
import { v } from "convex/values";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { openDataFile } from "../storage/dataFile.ts";
import { encodeId } from "../values/ids.ts";
import type { ConvexJson, ConvexObject } from "../values/json.ts";
import { Catalog } from "./catalog.ts";
import { fits, fitsPatched } from "./fits.ts";
import { explain, validate } from "./validate.ts";
import type { Validator } from "./validatorType.ts";

let catalog: Catalog;
const jsonOf = (validator: object) => (validator as { json: Validator }).json;
const check = (value: ConvexJson, validator: object) => validate(value, jsonOf(validator), catalog);
const idIn = (table: string) => encodeId(catalog.table(table).number, new Uint8Array(16));

beforeAll(async () => {
  const data = await openDataFile(":memory:");
  catalog = new Catalog(data.driver);
  catalog.table("tasks");
  catalog.table("people");
  return () => data.close();
});

const int = { $integer: "AQAAAAAAAAA=" };

describe("a value fits", () => {
  it.each<[ConvexJson, object]>([
    [null, v.null()],
    [1.5, v.number()],
    [{ $float: "AAAAAAAA+H8=" }, v.number()],
    [int, v.int64()],
    [true, v.boolean()],
    ["x", v.string()],
    [{ $bytes: "AA==" }, v.bytes()],
    [{ a: 1 }, v.any()],
    ["ready", v.union(v.literal("ready"), v.literal("done"))],
    [int, v.literal(1n)],
    [[1, 2], v.array(v.number())],
    [{ a: 1, b: 2 }, v.record(v.string(), v.number())],
    [{ a: 1 }, v.object({ a: v.number(), b: v.optional(v.string()) })],
  ])("%j", (value, validator) => {
    expect(check(value, validator)).toBeNull();
  });

  it("when it is the id of the table", () => {
    expect(check(idIn("tasks"), v.id("tasks"))).toBeNull();
  });
});

describe("a value that does not fit is described as Convex does", () => {
  it.each<[ConvexJson, object, string]>([
    [1, v.string(), "Value does not match validator.\nValue: 1.0\nValidator: v.string()\n\n"],
    ["a", v.number(), 'Value does not match validator.\nValue: "a"\nValidator: v.float64()\n\n'],
    [1, v.int64(), "Value does not match validator.\nValue: 1.0\nValidator: v.int64()\n\n"],
    [int, v.number(), "Value does not match validator.\nValue: 1\nValidator: v.float64()\n\n"],
    [
      "x",
      v.union(v.literal("a"), v.literal("b")),
      'Value does not match validator.\nValue: "x"\nValidator: v.union(v.literal("a"), v.literal("b"))\n\n',
    ],
    [
      [1, "x"],
      v.array(v.number()),
      'Value does not match validator.\nPath: [1]\nValue: "x"\nValidator: v.float64()\n\n',
    ],
    [
      { a: { b: null } },
      v.object({ a: v.object({ b: v.boolean() }) }),
      "Value does not match validator.\nPath: .a.b\nValue: null\nValidator: v.boolean()\n\n",
    ],
    [
      {},
      v.object({ name: v.string() }),
      "Object is missing the required field `name`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n\nObject: {}\nValidator: v.object({name: v.string()})\n\n",
    ],
    [
      { b: 1, a: "x" },
      v.object({ a: v.optional(v.string()) }),
      'Object contains extra field `b` that is not in the validator.\n\nObject: {a: "x", b: 1.0}\nValidator: v.object({a: v.optional(v.string())})\n\n',
    ],
    [
      { x: 1 },
      v.record(v.string(), v.string()),
      "Value does not match validator.\nPath: .x\nValue: 1.0\nValidator: v.string()\n\n",
    ],
    ["abc", v.id("tasks"), 'Value does not match validator.\nValue: "abc"\nValidator: v.id("tasks")\n\n'],
  ])("%j", (value, validator, text) => {
    expect(check(value, validator)).toBe(text);
  });

  it("when it is the id of another table", () => {
    const id = idIn("people");
    expect(check({ id }, v.object({ id: v.id("tasks") }))).toBe(
      `Found ID "${id}" from table \`people\`, which does not match the table name in validator \`v.id("tasks")\`.\nPath: .id`,
    );
  });
});

describe("fits", () => {
  const leaf = fc.constantFrom<ConvexJson>(null, 1, "a", "b", true, int, { $bytes: "AA==" }, "abc");
  const { value } = fc.letrec<{ value: ConvexJson }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
    ),
  }));
  const { validator } = fc.letrec<{ validator: Validator }>((tie) => {
    const field = fc.record({ fieldType: tie("validator"), optional: fc.boolean() });
    return {
      validator: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom<Validator>(
          ...[v.null(), v.number(), v.int64(), v.boolean(), v.string(), v.bytes(), v.any()].map(jsonOf),
        ),
        fc.constantFrom<Validator>(
          ...[v.literal("a"), v.literal(1), v.literal(1n), v.id("tasks")].map(jsonOf),
        ),
        fc.record({ type: fc.constant("array" as const), value: tie("validator") }),
        fc.record({
          type: fc.constant("union" as const),
          value: fc.array(tie("validator"), { maxLength: 3 }),
        }),
        fc.record({
          type: fc.constant("object" as const),
          value: fc.dictionary(fc.constantFrom("a", "b", "c"), field, { maxKeys: 3 }),
        }),
        fc.record({
          type: fc.constant("record" as const),
          keys: fc.constant(jsonOf(v.string())),
          values: fc.record({ fieldType: tie("validator"), optional: fc.constant(false) }),
        }),
      ),
    };
  });

  it("is true exactly where there is nothing to explain", () => {
    fc.assert(
      fc.property(value, validator, (some, rule) => {
        expect(fits(some, rule, catalog)).toBe(explain(some, rule, catalog) === null);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a patched document", () => {
  const document = v.object({
    a: v.number(),
    b: v.optional(v.string()),
    c: v.union(v.literal("x"), v.null()),
    d: v.optional(v.any()),
  });
  const field = fc.constantFrom<string>("a", "b", "c", "d", "unknown", "constructor");
  const value = fc.constantFrom<ConvexJson>(1, "x", "y", null, int, [1], { $undefined: null });
  const old = fc.record(
    { a: fc.constant(1), b: fc.constant("y"), c: fc.constantFrom("x", null) },
    {
      requiredKeys: ["a", "c"],
    },
  ) as fc.Arbitrary<ConvexObject>;

  it("fits by what its patch gives and takes away as it does by all of its fields", () => {
    fc.assert(
      fc.property(
        old,
        fc.uniqueArray(fc.tuple(field, value), { selector: ([name]) => name }),
        (before, patch) => {
          const isUnset = (item: ConvexJson) => JSON.stringify(item) === '{"$undefined":null}';
          const given = Object.fromEntries(patch.filter(([, item]) => !isUnset(item)));
          const unset = patch.filter(([, item]) => isUnset(item)).map(([name]) => name);
          const kept = Object.entries(before).filter(([name]) => !unset.includes(name));
          const after = { ...Object.fromEntries(kept), ...given };
          expect(fitsPatched({ given, unset }, jsonOf(document), catalog)).toBe(
            fits(after, jsonOf(document), catalog),
          );
        },
      ),
    );
  });

  it("is looked at as a whole where a union decides", () => {
    const either = v.union(v.object({ a: v.number() }), v.object({ b: v.string() }));
    expect(fitsPatched({ given: { b: "y" }, unset: ["a"] }, jsonOf(either), catalog)).toBe(false);
  });
});
