import type { Execution } from "./calls.ts";

/** Functions that are counted each; clients may call names that do not exist. */
const MOST_FUNCTIONS = 1_000;
/** Rates are those of the last seconds. */
const RATE_SECONDS = 10;

export interface FunctionStats {
  readonly path: string;
  readonly calls: number;
  readonly failures: number;
  /** Milliseconds from the call to its answer, waiting included. */
  readonly meanMs: number;
  readonly maxMs: number;
}
export interface MeterReading {
  /** Milliseconds since the host has started. */
  readonly upMs: number;
  readonly commits: number;
  readonly commitsPerSecond: number;
  /** Those that took the most time first. */
  readonly functions: readonly FunctionStats[];
}

interface Counter {
  calls: number;
  failures: number;
  totalMs: number;
  maxMs: number;
}

/** Counts what a host does, from its start on, in memory that does not grow. */
export class Meter {
  readonly #startedAt = Date.now();
  readonly #functions = new Map<string, Counter>();
  #commits = 0;
  /** Commits by second; each entry is used again after `RATE_SECONDS` and one more, which is under way. */
  readonly #seconds = Array.from({ length: RATE_SECONDS + 1 }, () => ({ second: 0, commits: 0 }));

  committed(): void {
    this.#commits++;
    const second = Math.floor(Date.now() / 1000);
    const entry = this.#seconds[second % this.#seconds.length] as { second: number; commits: number };
    if (entry.second !== second) Object.assign(entry, { second, commits: 0 });
    entry.commits++;
  }

  executed({ path, startedMs, outcome }: Pick<Execution, "path" | "startedMs" | "outcome">): void {
    const counter = this.#counter(path);
    if (counter === null) return;
    const ms = Math.max(0, Date.now() - startedMs);
    counter.calls++;
    if (outcome.kind !== "success") counter.failures++;
    counter.totalMs += ms;
    counter.maxMs = Math.max(counter.maxMs, ms);
  }

  read(): MeterReading {
    const now = Math.floor(Date.now() / 1000);
    const recent = this.#seconds.filter(({ second }) => second < now && second >= now - RATE_SECONDS);
    const upMs = Date.now() - this.#startedAt;
    const seconds = Math.min(RATE_SECONDS, Math.max(1, Math.floor(upMs / 1000)));
    const functions = [...this.#functions]
      .sort(([, a], [, b]) => b.totalMs - a.totalMs)
      .map(([path, { totalMs, ...rest }]) => ({ path, ...rest, meanMs: totalMs / rest.calls }));
    const commitsPerSecond = recent.reduce((sum, { commits }) => sum + commits, 0) / seconds;
    return { upMs, commits: this.#commits, commitsPerSecond, functions };
  }

  #counter(path: string): Counter | null {
    const known = this.#functions.get(path);
    if (known !== undefined) return known;
    if (this.#functions.size >= MOST_FUNCTIONS) return null;
    const counter = { calls: 0, failures: 0, totalMs: 0, maxMs: 0 };
    this.#functions.set(path, counter);
    return counter;
  }
}
