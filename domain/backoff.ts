/**
 * How long to wait: before the same profile is tried again, until a limited profile is healthy, between calls to
 * a backend that does not answer. Pure: time and randomness are arguments.
 */
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** Waits before the same profile is tried again after a transient failure, ms; its length is the number of retries. */
export const TRANSIENT_WAITS_MS: readonly number[] = [30 * SECOND_MS, 60 * SECOND_MS];
/** Added to an announced reset, because the clocks of providers and machines differ. */
export const RESET_SLACK_MS = 30 * SECOND_MS;
/** A limit blocks a profile at least this long, so that a reset "now" does not make a hot loop. */
export const MIN_LIMIT_MS = MINUTE_MS;
/** Length of a block whose reset nobody announced: by consecutive hit, the last entry for all later ones. */
export const UNKNOWN_LIMIT_MS: readonly number[] = [15 * MINUTE_MS, 60 * MINUTE_MS];

/**
 * Until when (epoch ms) a rate or usage limit blocks a profile.
 * `retryAt`: the announced reset, epoch ms; `hits`: earlier hits in a row, 0 for the first.
 */
export function limitUntil(now: number, limit: { retryAt?: number | undefined; hits: number }): number {
  if (limit.retryAt !== undefined) return Math.max(limit.retryAt + RESET_SLACK_MS, now + MIN_LIMIT_MS);
  const step = Math.min(Math.max(limit.hits, 0), UNKNOWN_LIMIT_MS.length - 1);
  return now + (UNKNOWN_LIMIT_MS[step] ?? MIN_LIMIT_MS);
}

/**
 * Full-jitter exponential wait in ms: uniform in [0, min(cap, base * 2^attempt)), so that a fleet that lost its
 * backend at once does not come back at once. `random` is in [0, 1).
 */
export function jitteredBackoff(
  attempt: number,
  range: { baseMs: number; capMs: number },
  random: number,
): number {
  const exponent = Math.min(Math.max(attempt, 0), 30);
  return Math.min(range.capMs, range.baseMs * 2 ** exponent) * random;
}
