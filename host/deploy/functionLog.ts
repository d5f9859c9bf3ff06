import type { Execution } from "../functions/engine.ts";
import { canonicalPath, type FunctionKind, type Registry } from "../functions/registry.ts";

/** Executions that `convex logs` can still ask for. */
const KEPT_EXECUTIONS = 1_000;
/** A poll without news is answered after this time, so that no proxy takes the connection for dead. */
const POLL_MS = 25_000;

const UDF_TYPES: Record<FunctionKind, string> = { query: "Query", mutation: "Mutation", action: "Action" };

interface Entry {
  readonly execution: Execution;
  readonly endedMs: number;
  /** Milliseconds since the epoch with a fraction, different for every entry: the cursor of a poll. */
  readonly at: number;
}

/** The last calls and what they logged, for `convex logs`; kept in memory alone. */
export class FunctionLog {
  readonly #registry: Registry;
  readonly #waiting = new Set<() => void>();
  #entries: Entry[] = [];
  #last = Date.now();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Queries of the CLI itself are no calls of the deployment's functions. */
  add(execution: Execution): void {
    if (execution.path.startsWith("_system/")) return;
    const now = Date.now();
    this.#last = Math.max(now, this.#last + 0.001);
    this.#entries.push({ execution, endedMs: now, at: this.#last });
    if (this.#entries.length > 2 * KEPT_EXECUTIONS) this.#entries = this.#entries.slice(-KEPT_EXECUTIONS);
    for (const wake of this.#waiting) wake();
  }

  /** Executions after a cursor; waits for the first when there is none yet. Cursor 0 answers at once. */
  async after(cursor: number, aborted: AbortSignal): Promise<{ entries: object[]; newCursor: number }> {
    if (cursor > 0 && this.#since(cursor).length === 0) await this.#news(aborted);
    const entries = this.#since(cursor).slice(-KEPT_EXECUTIONS);
    return {
      entries: entries.map((entry) => this.#describe(entry)),
      newCursor: entries.at(-1)?.at ?? Math.max(cursor, this.#last),
    };
  }

  #since(cursor: number): Entry[] {
    return this.#entries.filter(({ at }) => at > cursor);
  }

  async #news(aborted: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        aborted.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, POLL_MS).unref();
      this.#waiting.add(done);
      aborted.addEventListener("abort", done);
    });
  }

  /** The shape of `FunctionExecution` (cli/lib/apiTypes.ts of the convex package); times in seconds. */
  #describe({ execution, endedMs }: Entry): object {
    const { path, outcome, startedMs } = execution;
    const kind = this.#registry.find(canonicalPath(path))?.kind;
    const isSuccess = outcome.kind === "success";
    return {
      kind: "Completion",
      identifier: path,
      udfType: kind === undefined ? "HttpAction" : UDF_TYPES[kind],
      timestamp: endedMs / 1000,
      executionTime: (endedMs - startedMs) / 1000,
      requestId: execution.requestId(),
      logLines: outcome.logLines,
      success: isSuccess ? { status: "success" } : null,
      error: isSuccess ? null : outcome.message,
      cachedResult: false,
    };
  }
}
