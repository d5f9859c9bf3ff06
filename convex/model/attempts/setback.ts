/** Set-backs of an attempt: the job goes back to the queue, is parked, or has failed too often. SPEC.md §5. */
import { afterLimited, afterLost } from "../../../domain/retryWait.ts";
import { headAndTail } from "../../../domain/text.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { MAX_DETAIL_BYTES } from "./closeAttempt.ts";
import { attemptOf } from "../shared/attemptOf.ts";
import { scheduleDue } from "../readiness/due.ts";
import { releaseLock } from "../readiness/locks.ts";
import { refresh } from "../readiness/readiness.ts";
import { settle, type Ending } from "./settle.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { Tx } from "../shared/tx.ts";

/** A running job whose session is gone: back to the queue, or quarantined when that happens again and again. */
export async function lose(tx: Tx, job: Doc<"jobs">, reason: string): Promise<void> {
  const lostCount = job.lostCount + 1;
  await endAttempt(tx, job, { outcome: "lost", detail: reason });
  const next = afterLost(lostCount);
  await tx.db.patch("jobs", job._id, { lostCount });
  if (next.kind === "failed") return endUnlessCanceled(tx, job, { status: "failed", error: next.error });
  return sendBack(tx, job);
}

/** A running job that was stopped through no fault of its own: back to the queue, and nothing is counted. */
export async function interrupt(tx: Tx, job: Doc<"jobs">, reason: string): Promise<void> {
  await endAttempt(tx, job, { outcome: "interrupted", detail: reason });
  await sendBack(tx, job);
}

/**
 * Parks a job whose whole cascade is limited until `until` (ms), the earliest reset known.
 * @param how `counts`: an attempt was made, so that too many of them fail the job
 */
export async function park(
  tx: Tx,
  job: Doc<"jobs">,
  { until, counts }: { until?: number | undefined; counts: boolean },
): Promise<void> {
  const next = afterLimited(tx.now, counts ? job.limitedCount : 0, until);
  const limitedCount = job.limitedCount + (counts ? 1 : 0);
  if (next.kind === "failed") return settle(tx, job, { status: "failed", error: next.error });
  const retryAt = next.kind === "wait" ? next.until : tx.now;
  await tx.db.patch("jobs", job._id, {
    status: "awaiting_retry",
    waitingFor: ["harness"],
    gate: "harness",
    ready: false,
    limitedCount,
    retryAt,
  });
  await releaseLock(tx, job);
  await scheduleDue(tx, job._id, retryAt);
}

/** One batch of what an ended session left running. */
export async function abandon(tx: Tx, task: TaskOf<"abandon">, budget: number): Promise<Step> {
  const jobs = await tx.db
    .query("jobs")
    .withIndex("by_session", (q) => q.eq("session", task.session).eq("status", "running"))
    .take(budget);
  for (const job of jobs) {
    if (task.why === "lost") await lose(tx, job, task.reason);
    else await interrupt(tx, job, task.reason);
  }
  return { used: jobs.length, ...(jobs.length === budget ? { rest: task } : {}) };
}

/** Ends the job, as canceled where that was asked for: a cancel wins against every other end but success. */
export async function endUnlessCanceled(tx: Tx, job: Doc<"jobs">, ending: Ending): Promise<void> {
  if (!job.cancelRequested) return settle(tx, job, ending);
  return settle(tx, job, { ...ending, status: "canceled", error: ending.error ?? "canceled" });
}

async function sendBack(tx: Tx, job: Doc<"jobs">): Promise<void> {
  if (job.cancelRequested) return settle(tx, job, { status: "canceled", error: "canceled" });
  await tx.db.patch("jobs", job._id, { status: "pending", gate: "none", waitingFor: [] });
  await releaseLock(tx, job);
  await refresh(tx, job._id);
}

async function endAttempt(
  tx: Tx,
  job: Doc<"jobs">,
  { outcome, detail }: { outcome: "lost" | "interrupted"; detail: string },
): Promise<void> {
  const attempt = await attemptOf(tx, job);
  if (attempt !== null && attempt.outcome === undefined) {
    await tx.db.patch("attempts", attempt._id, {
      outcome,
      verdict: outcome,
      detail: headAndTail(detail, MAX_DETAIL_BYTES),
      endedAt: tx.now,
    });
  }
}
