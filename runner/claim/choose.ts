/**
 * Which job of the windows this runner tries for now. Pure: the windows, the ranking and the time are arguments.
 * The backend's order (priority, age, number) decides; the rank of this runner for a job only delays.
 */
import { compareRank } from "../../domain/gate.ts";
import type { ReadyJob } from "../connect/types.ts";
import { rankDelayMs } from "./turn.ts";

/** Jobs that a report may name for its next claim. */
export const MAX_CLAIM_NEXT = 4;

export interface Offer {
  namespace: string;
  job: ReadyJob;
  /** Monotonic ms at which this runner first saw it. */
  seenAt: number;
}

export interface Chooser {
  /** A profile of the job is offered here and healthy, and the job is neither ours already nor just refused. */
  fits: (offer: Offer) => boolean;
  /** Place of this runner for a job, 0 = first. */
  rank: (offer: Offer) => number;
}

export type Choice = { kind: "claim"; offer: Offer } | { kind: "wait"; ms: number } | { kind: "none" };

/** What to do at `now` (monotonic ms): claim, wait for our turn, or nothing. */
export function chooseJob(offers: readonly Offer[], chooser: Chooser, now: number): Choice {
  let waitMs = Infinity;
  for (const offer of inOrder(offers.filter(chooser.fits))) {
    const left = offer.seenAt + rankDelayMs(chooser.rank(offer)) - now;
    if (left <= 0) return { kind: "claim", offer };
    waitMs = Math.min(waitMs, left);
  }
  return waitMs === Infinity ? { kind: "none" } : { kind: "wait", ms: waitMs };
}

/**
 * Jobs to name in a report: of the most urgent ones those for which we come first. No delay, because the claim
 * costs no call of its own; by rank, so that runners that report at once do not all name the same job.
 */
export function chooseNext(offers: readonly Offer[], chooser: Chooser): Offer[] {
  const fitting = inOrder(offers.filter(chooser.fits));
  const urgent = fitting.filter((offer) => offer.job.priority === fitting[0]?.job.priority);
  return urgent
    .map((offer) => ({ offer, rank: chooser.rank(offer) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_CLAIM_NEXT)
    .map(({ offer }) => offer);
}

function inOrder(offers: readonly Offer[]): Offer[] {
  return [...offers].sort((a, b) => compareRank(a.job, b.job));
}
