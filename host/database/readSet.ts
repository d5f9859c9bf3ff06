import { afterKey } from "../values/keyEncoding.ts";
import type { KeyRange } from "./rows.ts";

/** A range under way: a stream widens it as it goes, so that only what was consumed counts as read. */
export interface GrowingRange {
  readonly index: number;
  lo: Buffer;
  hi: Buffer;
}

/** What a transaction has read: a commit that touches none of it cannot change the function's result. */
export class ReadSet {
  readonly #ranges: GrowingRange[] = [];

  point(index: number, key: Buffer): void {
    this.#ranges.push({ index, lo: key, hi: afterKey(key) });
  }

  /** Adds a range that the caller goes on widening. */
  grow(range: GrowingRange): GrowingRange {
    this.#ranges.push(range);
    return range;
  }

  /** The ranges by index, merged where they touch. */
  merged(): KeyRange[] {
    const sorted = this.#ranges
      .filter((range) => Buffer.compare(range.lo, range.hi) < 0)
      .sort((a, b) => a.index - b.index || Buffer.compare(a.lo, b.lo));
    const merged: GrowingRange[] = [];
    for (const range of sorted) {
      const last = merged.at(-1);
      if (last === undefined || last.index !== range.index || Buffer.compare(last.hi, range.lo) < 0) {
        merged.push({ ...range });
      } else if (Buffer.compare(last.hi, range.hi) < 0) {
        last.hi = range.hi;
      }
    }
    return merged;
  }
}
