/** Seam: encodeKey against `compareValues` of the convex package, which clients and convex-test sort with. */
import { compareValues, convexToJson, type Value } from "convex/values";
import fc from "fast-check";
import { expect, it } from "vitest";
import { afterPrefix, encodeKey } from "./keyEncoding.ts";

// The exported comparison is typed for defined values, but orders `undefined` first like the server.
const compare = compareValues;

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 1n, 2n ** 63n - 1n, -(2n ** 63n)),
);
const float = fc.oneof(fc.double(), fc.constantFrom(0, -0, Infinity, -Infinity, NaN, 1e-310, -1e-310));
const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "\0", "a", "a\0", "a\0b", "\0\0"));
const bytes = fc.uint8Array({ maxLength: 6 }).map((array) => array.slice().buffer);
const field = fc.stringMatching(/^[a-zA-Z_][ -~]{0,4}$/);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    int64,
    float,
    fc.boolean(),
    text,
    bytes,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(field, tie("value"), { maxKeys: 3 }),
  ),
}));
const slot = fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 12, arbitrary: value });

const json = (each: Value | undefined) => (each === undefined ? undefined : convexToJson(each));
const sign = Math.sign;

it("orders keys as Convex orders values", () => {
  fc.assert(
    fc.property(slot, slot, (a, b) => {
      expect(sign(Buffer.compare(encodeKey([json(a)]), encodeKey([json(b)])))).toBe(sign(compare(a, b)));
    }),
    { numRuns: 3_000 },
  );
});

it("orders tuples by their first difference", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(slot, slot), { minLength: 1, maxLength: 3 }), (pairs) => {
      const order = pairs.map(([a, b]) => sign(compare(a, b))).find((each) => each !== 0) ?? 0;
      const [left, right] = [0, 1].map((side) => encodeKey(pairs.map((pair) => json(pair[side]))));
      expect(sign(Buffer.compare(left!, right!))).toBe(order);
    }),
    { numRuns: 2_000 },
  );
});

it("puts every longer key with the same start between a prefix and its end", () => {
  fc.assert(
    fc.property(slot, slot, slot, (head, other, rest) => {
      const prefix = encodeKey([json(head)]);
      const end = afterPrefix(prefix);
      const inside = encodeKey([json(head), json(rest)]);
      expect(Buffer.compare(prefix, inside)).toBe(-1);
      expect(Buffer.compare(inside, end)).toBe(-1);
      const outside = encodeKey([json(other), json(rest)]);
      const isWithin = Buffer.compare(prefix, outside) <= 0 && Buffer.compare(outside, end) < 0;
      expect(isWithin).toBe(compare(head, other) === 0);
    }),
    { numRuns: 2_000 },
  );
});
