/**
 * Jobs that were refused to us and are still in the window: mostly the window is about to lose them, but where it
 * does not (a row that the query cannot see), asking again at once would be a hot loop.
 */
import type { Clock } from "../options.ts";

const FIRST_MS = 500;
const MAX_MS = 30_000;

export interface Refusals {
  add(job: string): void;
  has(job: string): boolean;
  forget(job: string): void;
  /** Forgets jobs that have left the windows: should they come back, they are new. */
  keepOnly(jobs: readonly string[]): void;
  /** Ms until the first refused job may be asked for again. */
  nextMs(): number | undefined;
}

export function refusals(clock: Clock): Refusals {
  const until = new Map<string, { at: number; waitMs: number }>();
  return {
    add(job) {
      const waitMs = Math.min((until.get(job)?.waitMs ?? FIRST_MS / 2) * 2, MAX_MS);
      until.set(job, { at: clock.monotonic() + waitMs, waitMs });
    },
    has: (job) => (until.get(job)?.at ?? -Infinity) > clock.monotonic(),
    forget: (job) => void until.delete(job),
    keepOnly(jobs) {
      const present = new Set(jobs);
      for (const job of until.keys()) if (!present.has(job)) until.delete(job);
    },
    nextMs() {
      const now = clock.monotonic();
      const coming = [...until.values()].map(({ at }) => at - now).filter((ms) => ms > 0);
      return coming.length === 0 ? undefined : Math.min(...coming);
    },
  };
}
