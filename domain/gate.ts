/**
 * Readiness in stages: a pending job first waits for its dependencies and its time, then for its assignment, then
 * for its lock. A stage is looked at only when the one before is clear, so that blocking an assignment of 10,000
 * jobs touches those that could run and not the whole graph. See SPEC.md §4.
 */
import type { WaitReason } from "./waiting.ts";

/** First reason of `waitingFor`; `ready` when there is none; `none` for a job that is not pending. */
export const GATES = ["dependencies", "time", "assignment", "lock", "harness", "ready", "none"] as const;
export type Gate = (typeof GATES)[number];

/** What the first stage of a job's readiness depends on. */
export interface Timing {
  unmetDeps: number;
  /** Milliseconds since the epoch. */
  notBefore?: number | undefined;
}

/** The reasons of the first stage: open edges and a start time that is still to come (at `now`, ms). */
export function firstStage(job: Timing, now: number): WaitReason[] {
  const reasons: WaitReason[] = [];
  if (job.unmetDeps > 0) reasons.push("dependencies");
  if (job.notBefore !== undefined && job.notBefore > now) reasons.push("time");
  return reasons;
}

/** The gate at which a pending job with these reasons stands. */
export function gateOf(waitingFor: readonly WaitReason[]): Gate {
  return waitingFor[0] ?? "ready";
}

/** What decides who goes first. */
export interface Rank {
  priority: number;
  assignmentNumber: number;
  number: number;
}

/** Order of the queue: priority (lower first), then the assignment's number (age), then the job's number. */
export function compareRank(a: Rank, b: Rank): number {
  return a.priority - b.priority || a.assignmentNumber - b.assignmentNumber || a.number - b.number;
}
