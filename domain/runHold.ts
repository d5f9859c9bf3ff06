/**
 * What holds a run back on purpose, and the pool of a run that one process serves alone. Both are told in words that
 * people read (reasons of blocked assignments, names of pools) and that functions and CLI must understand alike.
 */

/** Reason of a run whose import has not ended: half a file must never run. */
export const IMPORTING =
  "its import has not ended: cancel it and import the file again, or set it active to run what is in";
/** Reason of a run that somebody has paused. */
export const PAUSED = "it was paused by hand: `p` in its screen, or `drover unblock`, goes on";

const POOL = "run-";

/** The pool of a run that is served by the process that has started it, and by nobody else. */
export function runPool(runId: string): string {
  return POOL + runId;
}

/** The id of the run that a pool belongs to; undefined for the pools that any runner may serve. */
export function runOfPool(pool: string): string | undefined {
  return pool.startsWith(POOL) ? pool.slice(POOL.length) : undefined;
}
