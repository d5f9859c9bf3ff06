import { LIMITS } from "../values/limits.ts";
import type { KeyRange } from "./rows.ts";
import type { TouchedKey } from "./writeBuffer.ts";

/** Conflicts of the calls of one function under simulation. */
export interface ConflictCount {
  /** Calls that came to an end. */
  calls: number;
  /** Runs that these took; without conflicts as many as calls. */
  tries: number;
  /** Calls that lost every one of their tries. */
  failed: number;
}

/** Counts by function path, and decides how often a call may lose. */
export class ConflictLog {
  readonly counts = new Map<string, ConflictCount>();

  /** Notes a lost try; true when the call may be tried again. */
  lost(label: string, earlier: number): boolean {
    if (earlier < LIMITS.conflictRetries) return true;
    this.#count(label, earlier + 1).failed++;
    return false;
  }

  won(label: string, earlier: number): void {
    this.#count(label, earlier + 1);
  }

  #count(label: string, tries: number): ConflictCount {
    const count = this.counts.get(label) ?? { calls: 0, tries: 0, failed: 0 };
    this.counts.set(label, count);
    count.calls++;
    count.tries += tries;
    return count;
  }
}

/** True when one of the keys lies in one of the ranges: a commit of the keys changes what the ranges gave. */
export function overlaps(reads: readonly KeyRange[], keys: readonly TouchedKey[]): boolean {
  return keys.some((touched) =>
    reads.some((range) => range.index === touched.index && contains(range, touched.key)),
  );
}

export function contains(range: KeyRange, key: Buffer): boolean {
  return Buffer.compare(range.lo, key) <= 0 && Buffer.compare(key, range.hi) < 0;
}
