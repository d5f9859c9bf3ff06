/** Seam: the index of reads against the plain definition: a reader is touched when a key lies in one of its ranges. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { afterKey } from "../values/keyEncoding.ts";
import { ReadIndex } from "./readIndex.ts";
import { overlaps } from "../database/conflicts.ts";

const index = fc.integer({ min: 1, max: 2 });
const key = fc.uint8Array({ maxLength: 2, max: 3 }).map((bytes) => Buffer.from(bytes));
const point = fc.record({ index, lo: key }).map(({ index, lo }) => ({ index, lo, hi: afterKey(lo) }));
const range = fc
  .record({ index, a: key, b: key })
  .map(({ index, a, b }) => (Buffer.compare(a, b) < 0 ? { index, lo: a, hi: b } : { index, lo: b, hi: a }));
const reads = fc.array(fc.oneof(point, range), { maxLength: 4 });
const touched = fc.array(fc.record({ index, key }), { maxLength: 4 });

it("finds exactly the readers that a write concerns, also after some have left", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(reads, fc.boolean()), { maxLength: 8 }), touched, (readers, keys) => {
      const all = new ReadIndex<number>();
      for (const [i, [ranges]] of readers.entries()) all.add(ranges, i);
      for (const [i, [ranges, leaves]] of readers.entries()) if (leaves) all.remove(ranges, i);
      const expected = readers.flatMap(([ranges, leaves], i) =>
        !leaves && overlaps(ranges, keys) ? [i] : [],
      );
      expect([...all.touchedBy(keys)].sort()).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});
