/**
 * Who goes first: rendezvous hashing of (job, runner) gives every runner the same ranking of all runners for a job,
 * without a word between them. The first one claims at once, the others wait a moment by rank, and mostly see the
 * job leave the window before their turn. So fifty idle runners and one new job cost a handful of claims.
 */
import { createHash } from "node:crypto";

/** Wait per doubling of the rank, ms: about one claim and one push on a near backend. */
export const RANK_STEP_MS = 60;

/** The place (0 = first) of `me` among `runners` for `job`. A name that is not in the list counts as one more. */
export function rankFor(job: string, me: string, runners: readonly string[]): number {
  const mine = score(job, me);
  return runners.filter((other) => other !== me && beats(score(job, other), mine, other < me)).length;
}

/**
 * How long a runner of this rank waits before it claims, ms. Logarithmic, so that the last of fifty waits a third
 * of a second when all before it are busy, and not three.
 */
export function rankDelayMs(rank: number): number {
  return rank <= 0 ? 0 : Math.round(RANK_STEP_MS * Math.log2(1 + rank));
}

function beats(other: string, mine: string, tie: boolean): boolean {
  return other === mine ? tie : other > mine;
}

function score(job: string, runner: string): string {
  return createHash("sha256").update(job).update("\0").update(runner).digest("hex");
}
