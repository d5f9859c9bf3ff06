/**
 * How long to wait before the same profile is tried again, and between calls to a backend that does not answer.
 * Pure: randomness is an argument. How long a limit blocks a profile is in `healthRule.ts`.
 */
const SECOND_MS = 1000;

/** Waits before the same profile is tried again after a transient failure, ms; its length is the number of retries. */
export const TRANSIENT_WAITS_MS: readonly number[] = [30 * SECOND_MS, 60 * SECOND_MS];

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
