import { inspect } from "node:util";
import type { DocumentStream } from "../database/documentStream.ts";
import type { Transaction } from "../database/transaction.ts";
import { LIMITS } from "../values/limits.ts";
import type { Identity } from "./identity.ts";
import type { FunctionEntry } from "./registry.ts";

/** Where a call came from (`ctx.meta.getRequestMetadata()`). */
export interface RequestMetadata {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly scheduledFunctionId: string | null;
}
export const NO_METADATA: RequestMetadata = { ip: null, userAgent: null, scheduledFunctionId: null };

/** What the calls of one request share, however deep they nest. */
export interface RequestScope {
  /** Made when it is first asked for: most calls never need one. */
  readonly requestId: string;
  readonly identity: Identity;
  readonly nowMs: number;
  readonly metadata: RequestMetadata;
  readonly log: LogLines;
}

/** One running query or mutation. */
export interface Frame {
  readonly entry: FunctionEntry;
  readonly scope: RequestScope;
  readonly tx: Transaction;
  readonly depth: number;
  readonly streams: Map<number, DocumentStream>;
  readonly pagination: Pagination;
  readonly random: () => number;
  /** An error of the host itself; the function may have caught it, but its transaction must not be kept. */
  broken: Error | null;
}

/** A paginated query remembers where its page ended, so that a re-run covers the same interval of keys. */
export interface Pagination {
  used: boolean;
  /** End cursor of an earlier run, or null. */
  readonly given: string | null;
  made: string | null;
}

/** What `console.log` prints, bounded in length. */
export function logText(args: unknown[]): string {
  const text = args.map((arg) => inspect(arg, { depth: 4, breakLength: Infinity })).join(" ");
  return text.length > LIMITS.logLineBytes ? `${text.slice(0, LIMITS.logLineBytes)} (truncated)` : text;
}

/** The log lines of a request, bounded in number and length. */
export class LogLines {
  readonly lines: string[] = [];
  readonly #onLine: (level: string, text: string) => void;

  constructor(onLine: (level: string, text: string) => void) {
    this.#onLine = onLine;
  }

  add(level: string, args: unknown[]): void {
    this.addText(level, logText(args));
  }

  addText(level: string, line: string): void {
    this.#onLine(level, line);
    if (this.lines.length < LIMITS.logLines) this.lines.push(`[${level.toUpperCase()}] ${line}`);
    else if (this.lines.length === LIMITS.logLines) {
      this.lines.push(`[ERROR] Log overflow (maximum ${LIMITS.logLines}). Remaining log lines omitted.`);
    }
  }
}

/** A small generator (mulberry32) for `Math.random` in queries and mutations. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
