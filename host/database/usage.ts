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

/** What one transaction has used of each limit; nested calls count on their caller. */
export class Usage {
  readonly #used: Record<Meter, number> = {
    bytesRead: 0,
    bytesWritten: 0,
    databaseQueries: 0,
    documentsRead: 0,
    documentsWritten: 0,
    functionsScheduled: 0,
    scheduledFunctionArgsBytes: 0,
  };

  #isLifted = false;

  /** Goes on counting, but refuses nothing any more (tests that are not about limits). */
  lift(): void {
    this.#isLifted = true;
  }

  /** @throws DeveloperError when the limit is passed */
  add(meter: Meter, amount: number): void {
    this.#used[meter] += amount;
    if (!this.#isLifted && this.#used[meter] > LIMITS[meter]) {
      throw new DeveloperError(`${MESSAGES[meter]} (limit: ${LIMITS[meter]}). ${LIMIT_HELP}`);
    }
  }

  /** The answer of the `getTransactionMetrics` syscall. */
  report(): Record<Meter, { used: number; remaining: number }> {
    const rows = METERS.map((meter) => {
      const used = this.#used[meter];
      return [meter, { used, remaining: LIMITS[meter] - used }] as const;
    });
    return Object.fromEntries(rows) as Record<Meter, { used: number; remaining: number }>;
  }
}
