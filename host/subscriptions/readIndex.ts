import { contains } from "../database/conflicts.ts";
import type { KeyRange } from "../database/rows.ts";
import type { TouchedKey } from "../database/writeBuffer.ts";

interface IndexReads<T> {
  /** Single keys by their bytes: one lookup, however many readers there are. */
  points: Map<string, Set<T>>;
  ranges: Map<KeyRange, T>;
}

/** Finds the readers whose ranges a written key falls into. */
export class ReadIndex<T> {
  readonly #byIndex = new Map<number, IndexReads<T>>();

  add(reads: readonly KeyRange[], reader: T): void {
    for (const range of reads) {
      const entry = this.#entry(range.index);
      if (!isPoint(range)) {
        entry.ranges.set(range, reader);
        continue;
      }
      const key = keyText(range.lo);
      const readers = entry.points.get(key) ?? new Set();
      readers.add(reader);
      entry.points.set(key, readers);
    }
  }

  remove(reads: readonly KeyRange[], reader: T): void {
    for (const range of reads) {
      const entry = this.#entry(range.index);
      entry.ranges.delete(range);
      const readers = entry.points.get(keyText(range.lo));
      readers?.delete(reader);
      if (readers?.size === 0) entry.points.delete(keyText(range.lo));
    }
  }

  /** The readers that one of the keys concerns. */
  touchedBy(keys: readonly TouchedKey[]): Set<T> {
    const found = new Set<T>();
    for (const touched of keys) {
      const entry = this.#byIndex.get(touched.index);
      // Most indexes have no readers, and most touched keys are encoded only now.
      if (entry === undefined || entry.points.size + entry.ranges.size === 0) continue;
      const { key } = touched;
      for (const reader of entry.points.get(keyText(key)) ?? []) found.add(reader);
      for (const [range, reader] of entry.ranges) if (contains(range, key)) found.add(reader);
    }
    return found;
  }

  #entry(index: number): IndexReads<T> {
    const present = this.#byIndex.get(index);
    if (present !== undefined) return present;
    const entry = { points: new Map(), ranges: new Map() };
    this.#byIndex.set(index, entry);
    return entry;
  }
}

/** A range that holds exactly one key ends with that key and a zero byte. */
function isPoint({ lo, hi }: KeyRange): boolean {
  return hi.length === lo.length + 1 && hi[lo.length] === 0 && hi.subarray(0, lo.length).equals(lo);
}

function keyText(key: Buffer): string {
  return key.toString("latin1");
}
