/** Rows that one transaction of retention may still touch, so that it never holds up a claim for long. */
export interface Budget {
  left: number;
}

/** About 20 ms on the embedded host, and far below what a Convex transaction may write. */
export const BUDGET = 400;
/** Rows read at a time: events and attempts may hold tens of KB each, and a transaction may read 16 MiB. */
export const CHUNK = 100;
/** Pause before the next transaction, ms: what people wait for goes first. */
export const PAUSE_MS = 250;
/** A sweep ends after this time, ms, and the next one goes on: two never work on the same rows. */
export const SWEEP_MS = 50 * 60_000;
