import { DeveloperError } from "../values/errors.ts";
import { LIMIT_HELP, LIMITS } from "../values/limits.ts";

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

/** What a failed nested call takes back with its writes; what it has read, it has read. */
const WRITE_METERS = [
  "bytesWritten",
  "documentsWritten",
  "functionsScheduled",
  "scheduledFunctionArgsBytes",
] as const satisfies readonly Meter[];

/** Limits of a nested call (`transactionLimits` of `ctx.runQuery` and `ctx.runMutation`), on its own use. */
export type OwnLimits = Partial<Record<Meter, number>>;

/** The limits of every transaction that has no others; made once, because each call has a transaction. */
const OWN_LIMITS = pick(LIMITS);

/** What one transaction has used of each limit; nested calls count on their caller. */
export class Usage {
  #used: Record<Meter, number> = {
    bytesRead: 0,
    bytesWritten: 0,
    databaseQueries: 0,
    documentsRead: 0,
    documentsWritten: 0,
    functionsScheduled: 0,
    scheduledFunctionArgsBytes: 0,
  };
  #limits: Readonly<Record<Meter, number>> = OWN_LIMITS;
  /** Bytes of a document: its JSON's length stands in for the size that Convex counts, because it costs nothing. */
  sizeOf: (json: string) => number = lengthOf;

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
    this.#used = { ...used };
    const lower = { ...limits };
    for (const meter of METERS) {
      const asked = own[meter];
      if (asked !== undefined) lower[meter] = Math.min(limits[meter], used[meter] + asked);
    }
    this.#limits = lower;
    return (keep) => {
      this.#limits = limits;
      if (!keep) for (const meter of WRITE_METERS) this.#used[meter] = used[meter];
    };
  }

  /** @throws DeveloperError when the limit is passed */
  add(meter: Meter, amount: number): void {
    this.#used[meter] += amount;
    if (this.#used[meter] > this.#limits[meter]) {
      throw new DeveloperError(`${MESSAGES[meter]} (limit: ${this.#limits[meter]}). ${LIMIT_HELP}`);
    }
  }

  /** The answer of the `getTransactionMetrics` syscall. */
  report(): Record<Meter, { used: number; remaining: number }> {
    const rows = METERS.map((meter) => {
      const used = this.#used[meter];
      return [meter, { used, remaining: Math.min(this.#limits[meter], LIMITS[meter]) - used }] as const;
    });
    return Object.fromEntries(rows) as Record<Meter, { used: number; remaining: number }>;
  }
}

function lengthOf(json: string): number {
  return json.length;
}

function pick(limits: Record<Meter, number>): Record<Meter, number> {
  return Object.fromEntries(METERS.map((meter) => [meter, limits[meter]])) as Record<Meter, number>;
}
