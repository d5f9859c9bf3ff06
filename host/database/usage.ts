import { DeveloperError } from "../values/errors.ts";
import { LIMIT_HELP, LIMITS } from "../values/limits.ts";
import { ByteCount } from "./byteCount.ts";

export const METERS = [
  "bytesRead",
  "bytesWritten",
  "databaseQueries",
  "documentsRead",
  "documentsWritten",
  "functionsScheduled",
  "scheduledFunctionArgsBytes",
] as const;
export type Meter = (typeof METERS)[number];

const MESSAGES: Record<Meter, string> = {
  bytesRead: "Too many bytes read in a single function execution",
  bytesWritten: "Too many bytes written in a single function execution",
  databaseQueries: "Too many reads in a single function execution",
  documentsRead: "Too many documents read in a single function execution",
  documentsWritten: "Too many writes in a single function execution",
  functionsScheduled: "Too many functions scheduled by this mutation",
  scheduledFunctionArgsBytes: "Too large total size of the arguments of scheduled functions",
};

const BYTES = { documentsRead: "bytesRead", documentsWritten: "bytesWritten" } as const;
type ByteMeter = (typeof BYTES)[keyof typeof BYTES];
type Counter = Exclude<Meter, ByteMeter>;

/** What a failed nested call takes back with its writes, besides their bytes; what it has read, it has read. */
const WRITE_METERS = [
  "documentsWritten",
  "functionsScheduled",
  "scheduledFunctionArgsBytes",
] as const satisfies readonly Counter[];

/** Limits of a nested call (`transactionLimits` of `ctx.runQuery` and `ctx.runMutation`), on its own use. */
export type OwnLimits = Partial<Record<Meter, number>>;

/** The limits of every transaction that has no others; made once, because each call has a transaction. */
const OWN_LIMITS = pick(LIMITS);

/** What one transaction has used of each limit; nested calls count on their caller. */
export class Usage {
  #used: Record<Counter, number> = {
    databaseQueries: 0,
    documentsRead: 0,
    documentsWritten: 0,
    functionsScheduled: 0,
    scheduledFunctionArgsBytes: 0,
  };
  readonly #bytes: Record<ByteMeter, ByteCount> = {
    bytesRead: new ByteCount(),
    bytesWritten: new ByteCount(),
  };
  #limits: Readonly<Record<Meter, number>> = OWN_LIMITS;

  /** Other limits than those of the real server, for tests; "none" goes on counting, but refuses nothing. */
  limitTo(limits: OwnLimits | "none"): void {
    const none = Object.fromEntries(METERS.map((meter) => [meter, Infinity])) as Record<Meter, number>;
    this.#limits = limits === "none" ? none : { ...this.#limits, ...limits };
  }

  /**
   * Begins a nested call, whose own limits can only be lower than what is left to its caller.
   * @returns how to end it, keeping its writes or not
   */
  openNested(own: OwnLimits = {}): (keep: boolean) => void {
    const limits = this.#limits;
    const used = this.#used;
    const written = this.#bytes.bytesWritten.length;
    this.#used = { ...used };
    const lower = { ...limits };
    for (const meter of METERS) {
      const asked = own[meter];
      if (asked !== undefined) lower[meter] = Math.min(limits[meter], this.#usedOf(meter) + asked);
    }
    this.#limits = lower;
    return (keep) => {
      this.#limits = limits;
      if (keep) return;
      for (const meter of WRITE_METERS) this.#used[meter] = used[meter];
      this.#bytes.bytesWritten.cut(written);
    };
  }

  /** @throws DeveloperError when the limit is passed */
  add(meter: Counter, amount: number): void {
    this.#used[meter] += amount;
    if (this.#used[meter] > this.#limits[meter]) this.#refuse(meter);
  }

  /**
   * Counts a document and its bytes.
   * @throws DeveloperError when a limit is passed
   */
  addDocument(meter: keyof typeof BYTES, json: string): void {
    this.add(meter, 1);
    const bytes = this.#bytes[BYTES[meter]];
    bytes.add(json);
    if (bytes.exceeds(this.#limits[BYTES[meter]])) this.#refuse(BYTES[meter]);
  }

  /** The answer of the `getTransactionMetrics` syscall. */
  report(): Record<Meter, { used: number; remaining: number }> {
    const rows = METERS.map((meter) => {
      const used = this.#usedOf(meter);
      return [meter, { used, remaining: Math.min(this.#limits[meter], LIMITS[meter]) - used }] as const;
    });
    return Object.fromEntries(rows) as Record<Meter, { used: number; remaining: number }>;
  }

  #usedOf(meter: Meter): number {
    return meter === "bytesRead" || meter === "bytesWritten" ? this.#bytes[meter].bytes() : this.#used[meter];
  }

  #refuse(meter: Meter): never {
    throw new DeveloperError(`${MESSAGES[meter]} (limit: ${this.#limits[meter]}). ${LIMIT_HELP}`);
  }
}

function pick(limits: Record<Meter, number>): Record<Meter, number> {
  return Object.fromEntries(METERS.map((meter) => [meter, limits[meter]])) as Record<Meter, number>;
}
