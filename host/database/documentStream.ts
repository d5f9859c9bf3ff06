import type { ConvexJson, ConvexObject } from "../values/json.ts";
import { DeveloperError } from "../values/errors.ts";
import { afterKey } from "../values/keyEncoding.ts";
import { LIMITS } from "../values/limits.ts";
import { passes } from "./filter.ts";
import { type ResolvedSource, resolveSource, type Source } from "./indexRange.ts";
import type { GrowingRange } from "./readSet.ts";
import type { KeyRange, Order, ScannedDocument } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

export type Operator = { filter: ConvexJson } | { limit: number };
export interface SerializedQuery {
  source: Source;
  operators: Operator[];
}

/** Rows fetched at a time: few at first (most queries stop early), more as the query goes on. */
const FIRST_CHUNK = 16;
const LARGEST_CHUNK = 256;

/** The rows of a key range in order, fetched in chunks; only rows that were given out count as read. */
export class RangeStream {
  readonly #tx: Transaction;
  readonly #table: string;
  readonly #order: Order;
  #rest: KeyRange;
  readonly #read: GrowingRange;
  #chunk: ScannedDocument[] = [];
  #at = 0;
  #version = -1;
  #size: number;
  /** True when the chunk ends with the range: it came with fewer rows than it was asked for. */
  #isLast = false;

  constructor(tx: Transaction, source: ResolvedSource, firstChunk = FIRST_CHUNK) {
    const { range, order } = source;
    this.#tx = tx;
    this.#table = source.table;
    this.#order = order;
    this.#rest = range;
    this.#size = firstChunk;
    tx.usage.add("databaseQueries", 1);
    const start = order === "asc" ? range.lo : range.hi;
    this.#read = tx.reads.grow({ index: range.index, lo: start, hi: start });
  }

  /** The next row, or null when the range is exhausted (then all of it counts as read). */
  next(): ScannedDocument | null {
    const isOutdated = this.#version !== this.#tx.writeVersion;
    if (isOutdated || (this.#at >= this.#chunk.length && !this.#isLast)) this.#fetch();
    const row = this.#chunk[this.#at++];
    if (row === undefined) {
      this.#extend(this.#order === "asc" ? this.#rest.hi : this.#rest.lo);
      return null;
    }
    this.#extend(this.#order === "asc" ? afterKey(row.key) : row.key);
    this.#tx.countRead(row.json);
    return row;
  }

  #fetch(): void {
    this.#version = this.#tx.writeVersion;
    this.#tx.flush(this.#table);
    this.#chunk = this.#tx.store.rows.scan(this.#rest, this.#order, this.#size);
    this.#at = 0;
    this.#isLast = this.#chunk.length < this.#size;
    this.#size = Math.min(LARGEST_CHUNK, this.#size * 4);
  }

  #extend(bound: Buffer): void {
    if (this.#order === "asc") {
      this.#read.hi = bound;
      this.#rest = { ...this.#rest, lo: bound };
    } else {
      this.#read.lo = bound;
      this.#rest = { ...this.#rest, hi: bound };
    }
  }
}

/** A query under way: its rows after filters and limits. */
export class DocumentStream {
  readonly #rows: RangeStream;
  readonly #pipeline: Pipeline;

  constructor(tx: Transaction, query: SerializedQuery) {
    const source = resolveSource(query.source, tx.store.catalog);
    this.#pipeline = new Pipeline(query.operators);
    this.#rows = new RangeStream(tx, source, this.#pipeline.chunk());
  }

  /** The JSON text of the next document, or null at the end. */
  next(): string | null {
    while (!this.#pipeline.isDone()) {
      const row = this.#rows.next();
      if (row === null) return null;
      if (this.#pipeline.accepts(row.json)) return row.json;
    }
    return null;
  }
}

/** The operators of a query, applied row by row in their order. */
export class Pipeline {
  readonly #steps: { filter: ConvexJson | undefined; left: number }[];
  readonly #filters: boolean;

  constructor(operators: Operator[]) {
    if (operators.length > LIMITS.queryOperators) {
      throw new DeveloperError(`Query has too many operators (limit: ${LIMITS.queryOperators})`);
    }
    this.#steps = operators.map((operator) =>
      "filter" in operator
        ? { filter: operator.filter, left: Infinity }
        : { filter: undefined, left: operator.limit },
    );
    this.#filters = operators.some((operator) => "filter" in operator);
  }

  /** How many rows to fetch first: no more than a limit without filters can use. */
  chunk(): number {
    const limit = Math.min(...this.#steps.map((step) => step.left));
    return this.#filters || limit > LARGEST_CHUNK ? FIRST_CHUNK : Math.max(1, limit);
  }

  isDone(): boolean {
    return this.#steps.some((step) => step.left <= 0);
  }

  accepts(json: string): boolean {
    const document = this.#filters ? (JSON.parse(json) as ConvexObject) : null;
    for (const step of this.#steps) {
      if (step.filter === undefined) step.left--;
      else if (!passes(document as ConvexObject, step.filter)) return false;
    }
    return true;
  }
}
