import { createHash } from "node:crypto";
import { DeveloperError } from "../values/errors.ts";
import { afterKey } from "../values/keyEncoding.ts";
import { LIMITS } from "../values/limits.ts";
import { Pipeline, RangeStream, type SerializedQuery } from "./documentStream.ts";
import { resolveSource } from "./indexRange.ts";
import type { KeyRange, Order, ScannedDocument } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

export interface PageRequest {
  query: SerializedQuery;
  cursor: string | null;
  endCursor: string | null;
  pageSize: number;
  maximumRowsRead?: number | null;
  maximumBytesRead?: number | null;
}

export interface Page {
  /** JSON texts of documents. */
  page: string[];
  isDone: boolean;
  continueCursor: string;
  splitCursor: string | null;
  pageStatus: "SplitRecommended" | "SplitRequired" | null;
}

/** A page with a fixed end that grew beyond this many times its size should be split by the client. */
const SPLIT_FACTOR = 2;
const END = "end";

/**
 * One page of a query. With an `endCursor` the page covers exactly the keys up to it, however many there are now:
 * that is what keeps neighbouring pages without gap or overlap while rows come and go.
 */
export function paginate(tx: Transaction, request: PageRequest): Page {
  checkSize(request.pageSize);
  const source = resolveSource(request.query.source, tx.store.catalog);
  const cursors = new Cursors(request.query);
  const end = cursors.read(request.endCursor);
  const whole = after(source.range, source.order, cursors.read(request.cursor));
  const range = until(whole, source.order, end);
  const walk = walkPage(tx, { range, order: source.order }, request);
  const position = walk.exhausted ? (end ?? END) : (walk.last ?? END);
  return {
    page: walk.rows.map((row) => row.json),
    isDone: position === END,
    continueCursor: cursors.write(position),
    ...splitOf(walk, request, cursors),
  };
}

function splitOf(
  walk: Walk,
  request: PageRequest,
  cursors: Cursors,
): Pick<Page, "splitCursor" | "pageStatus"> {
  const { rows, exhausted } = walk;
  const middle = rows.length > 1 ? rows[Math.floor((rows.length - 1) / 2)] : undefined;
  const splitCursor = middle === undefined ? null : cursors.write(middle.key);
  if (request.endCursor === null) return { splitCursor, pageStatus: null };
  if (!exhausted) return { splitCursor, pageStatus: "SplitRequired" };
  const hasGrown = rows.length > SPLIT_FACTOR * request.pageSize;
  return { splitCursor, pageStatus: hasGrown ? "SplitRecommended" : null };
}

interface Walk {
  rows: ScannedDocument[];
  /** Key of the last row read, whether it passed the filters or not. */
  last: Buffer | null;
  exhausted: boolean;
}

function walkPage(tx: Transaction, source: { range: KeyRange; order: Order }, request: PageRequest): Walk {
  const stream = new RangeStream(tx, source);
  const pipeline = new Pipeline(request.query.operators);
  const wanted = request.endCursor === null ? request.pageSize : Infinity;
  const maxRows = request.maximumRowsRead ?? Infinity;
  const maxBytes = request.maximumBytesRead ?? Infinity;
  const walk: Walk = { rows: [], last: null, exhausted: false };
  let bytes = 0;
  for (let read = 0; walk.rows.length < wanted && read < maxRows && bytes < maxBytes; read++) {
    const row = pipeline.isDone() ? null : stream.next();
    if (row === null) return { ...walk, exhausted: true };
    walk.last = row.key;
    bytes += row.json.length;
    if (pipeline.accepts(row.json)) walk.rows.push(row);
  }
  return walk;
}

/** `cursor` is the key of the last row of the page before. */
function after(range: KeyRange, order: Order, cursor: Buffer | "end" | null): KeyRange {
  if (cursor === null) return range;
  if (cursor === END) return { ...range, lo: range.hi };
  return order === "asc" ? { ...range, lo: afterKey(cursor) } : { ...range, hi: cursor };
}

function until(range: KeyRange, order: Order, end: Buffer | "end" | null): KeyRange {
  if (end === null || end === END) return range;
  return order === "asc" ? { ...range, hi: afterKey(end) } : { ...range, lo: end };
}

function checkSize(size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= LIMITS.pageSize) return;
  throw new DeveloperError(
    `Pagination wants a number of items from 1 to ${LIMITS.pageSize}, got ${JSON.stringify(size)}.`,
  );
}

/** Cursors name the query they belong to, so that one taken from another query is refused instead of misread. */
class Cursors {
  readonly #fingerprint: string;
  constructor(query: SerializedQuery) {
    this.#fingerprint = createHash("sha256").update(JSON.stringify(query)).digest("base64url").slice(0, 12);
  }

  write(position: Buffer | "end"): string {
    return `${this.#fingerprint}.${position === END ? END : position.toString("base64url")}`;
  }

  read(cursor: string | null): Buffer | "end" | null {
    if (cursor === null) return null;
    const [fingerprint, position] = cursor.split(".");
    if (fingerprint !== this.#fingerprint || position === undefined) {
      throw new DeveloperError(
        `InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.`,
      );
    }
    return position === END ? END : Buffer.from(position, "base64url");
  }
}
