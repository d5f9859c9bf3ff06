/**
 * Which job of the windows this runner tries for now. Pure: the windows, the ranking and the time are arguments.
 * The backend's order (priority, age, number) decides; the rank of this runner for a job only delays.
 */
import { MAX_EXCHANGE } from "../../domain/limits.ts";
import { compareRank } from "../../domain/gate.ts";
import type { ReadyJob } from "../connect/types.ts";
import { rankDelayMs } from "./turn.ts";

/** Jobs that a call with reports names beyond its slots: another runner may have taken some of them. */
const SPARE = 3;
export interface Offer {
  namespace: string;
  job: ReadyJob;
  /** Monotonic ms at which this runner first saw it. */
  seenAt: number;
}

export interface Chooser {
  /**
   * A profile of the job is offered here and healthy, and the job is neither ours already nor just refused, nor among
   * the ones `beside` it.
   */
  fits: (offer: Offer, beside: readonly Offer[]) => boolean;
  /** Place of this runner for a job, 0 = first. */
  rank: (offer: Offer) => number;
}

export type Choice = { kind: "claim"; offer: Offer } | { kind: "wait"; ms: number } | { kind: "none" };

/** What to do at `now` (monotonic ms): claim, wait for our turn, or nothing. */
export function chooseJob(offers: readonly Offer[], chooser: Chooser, now: number): Choice {
  let waitMs = Infinity;
  for (const offer of inOrder(offers)) {
    if (!chooser.fits(offer, [])) continue;
    const left = leftMs(offer, chooser, now);
    if (left <= 0) return { kind: "claim", offer };
    waitMs = Math.min(waitMs, left);
  }
  return waitMs === Infinity ? { kind: "none" } : { kind: "wait", ms: waitMs };
}

export interface Call {
  /** Monotonic ms. */
  now: number;
  slots: number;
  /** It is made anyway, because reports go with it. */
  carried: boolean;
}

/**
 * Jobs to name in a call: all for which we come first; where there is none, one of the others' whose turn has come to
 * us, and in a call that is made anyway, because it carries reports, one before its turn. Several of the others' would
 * be named by all at once: sixteen busy runners that did so had each exchange run 2.6 times where mutations conflict,
 * and now 1.1 times.
 */
export function chooseSome(offers: readonly Offer[], chooser: Chooser, call: Call): Offer[] {
  const { now, slots, carried } = call;
  const wanted = Math.min(slots + (carried ? SPARE : 0), MAX_EXCHANGE);
  const chosen: Offer[] = [];
  for (const offer of carried ? byRank(offers, chooser) : inOrder(offers)) {
    if (chosen.length >= wanted) break;
    const isOurs = chooser.rank(offer) <= 0;
    const isLeft = chosen.length === 0 && (carried || leftMs(offer, chooser, now) <= 0);
    if ((isOurs || isLeft) && chooser.fits(offer, chosen)) chosen.push(offer);
  }
  return chosen;
}

/** Ms until it is our turn. */
function leftMs(offer: Offer, { rank }: Chooser, now: number): number {
  return offer.seenAt + rankDelayMs(rank(offer)) - now;
}

function byRank(offers: readonly Offer[], { rank }: Chooser): Offer[] {
  return inOrder(offers)
    .map((offer) => ({ offer, rank: rank(offer) }))
    .sort((a, b) => a.offer.job.priority - b.offer.job.priority || a.rank - b.rank)
    .map(({ offer }) => offer);
}

function inOrder(offers: readonly Offer[]): Offer[] {
  return [...offers].sort((a, b) => compareRank(a.job, b.job));
}
