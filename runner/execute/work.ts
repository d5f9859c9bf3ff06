/** A claimed job while this runner has it. */
import type { EndedTry } from "../../domain/cascade.ts";
import type { Session } from "../session/session.ts";
import type { Claimed, Fence } from "../connect/types.ts";

/** Why a job is stopped from outside: the first reason stays. */
export type StopCause = "canceled" | "lease_lost" | "shutdown";

export interface Work {
  readonly claimed: Claimed;
  readonly session: string;
  /** The present attempt: `work.advance` counts it up. */
  attempt: number;
  /** Of the present attempt; undefined before the first one. */
  profile?: string;
  /** Profiles that another job tries after their limit, with the time until which they are left to it. */
  readonly probed: Map<string, number>;
  /** Attempts of this claim that have ended. */
  readonly tries: EndedTry[];
  /** Aborted with a StopCause. */
  readonly signal: AbortSignal;
  stop(cause: StopCause): void;
  /** Looks at the lease now; false when the work is stopped, by that or before. */
  readonly mayStart: () => boolean;
}

/** A new work for a claim of `session`. */
export function newWork(
  claimed: Claimed,
  session: Pick<Session, "id" | "check">,
  tries: EndedTry[] = [],
): Work {
  const controller = new AbortController();
  return {
    claimed,
    session: session.id,
    attempt: claimed.job.attempt,
    probed: new Map(),
    tries,
    signal: controller.signal,
    stop(cause) {
      if (!controller.signal.aborted) controller.abort(cause);
    },
    mayStart: () => {
      session.check();
      return !controller.signal.aborted;
    },
  };
}

/** The cause for which the work was stopped, if it was. */
export function stopCause(work: Work): StopCause | undefined {
  return work.signal.aborted ? (work.signal.reason as StopCause) : undefined;
}

export function fenceOf(work: Work): Fence {
  return { job: work.claimed.job.id, attempt: work.attempt, session: work.session };
}
