import type { ConvexJson } from "../values/json.ts";
import { measure, mostBytes } from "../values/measure.ts";

/**
 * The bytes of documents as Convex counts them. That needs a document parsed, which reading one does not, so they are
 * measured only when they could be too many, or when somebody asks.
 */
export class ByteCount {
  /** Bytes of the first documents, each with those before it. */
  #sums: number[] = [];
  /** The documents after those. */
  #unmeasured: string[] = [];
  #most = 0;

  /** Documents that were added. */
  get length(): number {
    return this.#sums.length + this.#unmeasured.length;
  }

  add(json: string): void {
    this.#unmeasured.push(json);
    this.#most += mostBytes(json);
  }

  exceeds(limit: number): boolean {
    return this.#most > limit && this.bytes() > limit;
  }

  bytes(): number {
    let sum = this.#sums.at(-1) ?? 0;
    for (const json of this.#unmeasured) {
      sum += measure(JSON.parse(json) as ConvexJson).bytes;
      this.#sums.push(sum);
    }
    this.#unmeasured = [];
    return (this.#most = sum);
  }

  /** Forgets all documents but the first ones. */
  cut(length: number): void {
    this.#unmeasured.length = Math.max(0, length - this.#sums.length);
    this.#sums.length = Math.min(length, this.#sums.length);
    this.#most = this.#unmeasured.reduce((sum, json) => sum + mostBytes(json), this.#sums.at(-1) ?? 0);
  }
}
