/**
 * How long a runner waits for a job for which others rank before it. The ranking (rendezvous hashing, see
 * domain/rendezvous.ts) is the same for every runner without a word between them: the first one claims at once, the
 * others mostly see the job leave the window before their turn. So fifty idle runners and one new job cost a handful
 * of claims.
 */

/** Wait per doubling of the rank, ms: about one claim and one push on a near backend. */
const RANK_STEP_MS = 60;

/**
 * How long a runner of this rank waits before it claims, ms. Logarithmic, so that the last of fifty waits a third
 * of a second when all before it are busy, and not three.
 */
export function rankDelayMs(rank: number): number {
  return rank <= 0 ? 0 : Math.round(RANK_STEP_MS * Math.log2(1 + rank));
}
