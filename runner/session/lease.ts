/**
 * The runner's own view of its lease. The backend's clock decides who owns a job; this one only says when to stop
 * by oneself: at the end minus a margin, on the monotonic clock, counted from the moment the renewal was *sent*,
 * so that it can be too early but never too late.
 */
/** Part of the lease that is kept to kill process trees before somebody else starts the job. */
const MARGIN_PART = 0.2;
const MAX_MARGIN_MS = 5000;

export interface Lease {
  /** A renewal that was sent at `sentAt` (monotonic ms) was granted for `lengthMs`. */
  renewed(sentAt: number, lengthMs: number): void;
  /** A claim that was sent at `sentAt` holds the lease to `lengthMs`: true when that shortened it; it never renews. */
  shortened(sentAt: number, lengthMs: number): boolean;
  /** Ms until work must stop, at `now` (monotonic ms); 0 or less: stop. */
  leftMs(now: number): number;
}

/** A lease of `lengthMs` that was asked for at `sentAt` (monotonic ms). */
export function lease(sentAt: number, lengthMs: number): Lease {
  let latest = sentAt;
  let end = sentAt + usable(lengthMs);
  return {
    renewed(sent, length) {
      // A late answer to an earlier call says nothing any more: a claim may have shortened the lease since.
      if (sent < latest) return;
      latest = sent;
      end = sent + usable(length);
    },
    shortened(sent, length) {
      latest = Math.max(latest, sent);
      const before = end;
      end = Math.min(end, sent + usable(length));
      return end < before;
    },
    leftMs: (now) => end - now,
  };
}

function usable(lengthMs: number): number {
  return lengthMs - Math.min(lengthMs * MARGIN_PART, MAX_MARGIN_MS);
}
