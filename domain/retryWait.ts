/** How long a job waits before it is tried again, and how often: SPEC.md §5. */
import { MAX_LIMITED_RETRIES, MAX_LOST_ATTEMPTS } from "./limits.ts";

const MINUTE_MS = 60_000;
/** Waits of a job whose whole cascade is limited and nobody knows until when; the last one repeats. */
export const LIMITED_WAITS_MS = [2, 5, 15, 30].map((minutes) => minutes * MINUTE_MS);

/** What becomes of a job after a set-back. */
export type AfterSetback =
  { kind: "again" } | { kind: "wait"; until: number } | { kind: "failed"; error: string };

/** After the whole cascade was limited. `count` is how often before; `until` the earliest reset, where known (ms). */
export function afterLimited(now: number, count: number, until?: number): AfterSetback {
  if (count >= MAX_LIMITED_RETRIES) {
    return {
      kind: "failed",
      error: `all its harness profiles were limited ${count + 1} times: raise the limits or name other profiles, then retry it`,
    };
  }
  const wait = LIMITED_WAITS_MS[Math.min(count, LIMITED_WAITS_MS.length - 1)] ?? MINUTE_MS;
  return { kind: "wait", until: Math.max(now, until ?? now + wait) };
}

/** After a lease lapsed. `count` is how often the job was lost, this time included. */
export function afterLost(count: number): AfterSetback {
  if (count < MAX_LOST_ATTEMPTS) return { kind: "again" };
  return {
    kind: "failed",
    error: `quarantined: its runner was lost ${count} times while it ran; find out whether the job kills its runner, then retry it`,
  };
}
