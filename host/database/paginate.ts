import { createHash } from "node:crypto";
import { DeveloperError } from "../values/errors.ts";
import { afterKey } from "../values/keyEncoding.ts";
import { LIMITS } from "../values/limits.ts";
import { ByteCount } from "./byteCount.ts";
import { Pipeline, RangeStream, type SerializedQuery } from "./documentStream.ts";
import { type ResolvedSource, resolveSource } from "./indexRange.ts";
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
/**
 * The part of what a function may read that such a page reads at most: a page that has grown so far is cut and says
 * so, since the function that reads it would fail, and its subscribers could never split it.
 */
const READ_SHARE = 3 / 4;
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
  const walk = walkPage(tx, { ...source, range }, request);
  const position = walk.exhausted ? (end ?? END) : (walk.keys.at(-1) ?? END);
  return {
    page: walk.rows.map((row) => row.json),
    isDone: position === END,
    continueCursor: cursors.write(position),
    ...splitOf(walk, request, cursors),
  };
}

/** `SplitRequired`: rows may be missing between the last one and the end; the client must ask for the two halves. */
function splitOf(
  walk: Walk,
  request: PageRequest,
  cursors: Cursors,
): Pick<Page, "splitCursor" | "pageStatus"> {
  // Also among rows that the filters left out: both halves must have less to read than the whole.
  const middle = walk.keys.length > 1 ? walk.keys[Math.floor((walk.keys.length - 1) / 2)] : undefined;
  if (middle === undefined) return { splitCursor: null, pageStatus: null };
  const splitCursor = cursors.write(middle);
  if (walk.isCut) return { splitCursor, pageStatus: "SplitRequired" };
  const hasGrown = request.endCursor !== null && walk.rows.length > SPLIT_FACTOR * request.pageSize;
  return { splitCursor, pageStatus: hasGrown ? "SplitRecommended" : null };
}

interface Walk {
  rows: ScannedDocument[];
  /** Keys of the rows read, whether they passed the filters or not. */
  keys: Buffer[];
  exhausted: boolean;
  /** True when it read as much as it may before the page was full. */
  isCut: boolean;
}

function walkPage(tx: Transaction, source: ResolvedSource, request: PageRequest): Walk {
  const stream = new RangeStream(tx, source);
  const pipeline = new Pipeline(request.query.operators);
  const wanted = request.endCursor === null ? request.pageSize : Infinity;
  const most = readLimits(request);
  const walk: Walk = { rows: [], keys: [], exhausted: false, isCut: false };
  const bytes = new ByteCount();
  do {
    const row = pipeline.isDone() ? null : stream.next();
    if (row === null) return { ...walk, exhausted: true };
    walk.keys.push(row.key);
    bytes.add(row.json);
    if (pipeline.accepts(row.json)) walk.rows.push(row);
    if (walk.rows.length >= wanted) return walk;
  } while (walk.keys.length < most.rows && !bytes.exceeds(most.bytes - 1));
  return { ...walk, isCut: true };
}

/** At least one row is read whatever they are, else a page could end where it began. */
function readLimits(request: PageRequest): { rows: number; bytes: number } {
  const { maximumRowsRead, maximumBytesRead, pageSize, endCursor } = request;
  const own = { rows: maximumRowsRead ?? Infinity, bytes: maximumBytesRead ?? Infinity };
  if (endCursor === null) return own;
  return {
    rows: Math.min(own.rows, Math.max(pageSize, LIMITS.documentsRead * READ_SHARE)),
    bytes: Math.min(own.bytes, LIMITS.bytesRead * READ_SHARE),
  };
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
