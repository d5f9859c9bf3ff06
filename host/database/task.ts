import type { KeyRange } from "./rows.ts";
import type { Transaction } from "./transaction.ts";
import type { TouchedKey } from "./writeBuffer.ts";

/** What a mutation came to: `commit: false` takes its writes back (its function failed). */
export interface Attempt<T> {
  readonly commit: boolean;
  readonly value: T;
}
export interface Committed<T> {
  readonly value: T;
  /** The commit timestamp, or for a call without writes the one it read at. */
  readonly ts: bigint;
}
export interface Commit {
  readonly ts: bigint;
  readonly touched: readonly TouchedKey[];
}

/**
 * How a step ended that was killed in mid-air: everything since BEGIN is rolled back, and the task that was running is
 * answered with `runaway`, or runs again when it was `starved` (the machine did not let it use its time).
 */
export const KILLED = { runaway: Symbol("runaway"), starved: Symbol("starved") } as const;
export type Killed = (typeof KILLED)[keyof typeof KILLED];

export function isKilled<T extends object>(result: T | Killed): result is Killed {
  return typeof result === "symbol";
}

/** Runs a step under a watchdog, with twice the time for each point of `patience`. */
export type Guard = <T>(step: () => T, patience?: number) => T | Killed;

export interface Task<T> {
  /** May run more than once: when its batch is rolled back for another's sake, it runs again. */
  run(tx: Transaction): Attempt<T> | Promise<Attempt<T>>;
  /** The answer when the task ran away. */
  runaway(): T;
  /** Path of the function; set for what is subject to conflict simulation. */
  readonly label?: string;
  /** The answer when others changed what the task had read, on every try. */
  conflicted?(): T;
  /** Set for code of the host, which needs no watchdog (starting one costs 0.1 ms). */
  readonly isTrusted?: boolean;
}

/** A task in the queue. */
export interface Job {
  task: Task<unknown>;
  /** How often it was killed although it had not used its time. */
  starved: number;
  /** How often it lost against another of its batch, and what it read in the rehearsal for this one. */
  lost: number;
  reads: readonly KeyRange[] | null;
  resolve(outcome: Committed<unknown>): void;
  reject(error: unknown): void;
}
/** True for a task of the host itself. */
export function isTrusted(job: Job | undefined): boolean {
  return job?.task.isTrusted === true;
}

/** A task that has run and waits for its COMMIT. */
export interface Done {
  job: Job;
  outcome: Committed<unknown>;
  touched: TouchedKey[];
  tx: Transaction;
}
