/** Ends jobs of a run that have not started: all of them, or one whose profiles will not come back. */
import { jobHandle } from "../../../domain/handle.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { checkText } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { findJob, jobsInState, present } from "../shared/find.ts";
import { toJob } from "../shared/jobView.ts";
import { findRun } from "../runs/runs.ts";
import { settle } from "../attempts/settle.ts";
import type { JobView } from "../shared/shapes.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { ScopedTx, Tx } from "../shared/tx.ts";

/** One batch of the jobs that have not started: the ready ones first, because those could start next. */
export async function skipUnstarted(tx: Tx, task: TaskOf<"skipUnstarted">, budget: number): Promise<Step> {
  const ready = await tx.db
    .query("jobs")
    .withIndex("by_gate", (q) => q.eq("assignment", task.assignment).eq("gate", "ready"))
    .take(budget);
  const assignment = present(await tx.db.get("assignments", task.assignment), "a run's assignment");
  const others = [];
  for (const status of ["pending", "awaiting_retry"] as const) {
    if (ready.length >= budget) break;
    others.push(...(await jobsInState(tx, assignment, status).take(budget)));
  }
  const seen = new Set<string>();
  const batch = [...ready, ...others].filter(({ _id }) => !seen.has(_id) && seen.add(_id)).slice(0, budget);
  for (const { _id } of batch) await skipOne(tx, _id, task.reason);
  return { used: batch.length, ...(batch.length === budget ? { rest: task } : {}) };
}

async function skipOne(tx: Tx, id: Doc<"jobs">["_id"], reason: string): Promise<void> {
  // Releasing the lock of the one before may have changed this one.
  const job = present(await tx.db.get("jobs", id), "a job of the batch");
  if (job.status !== "pending" && job.status !== "awaiting_retry") return;
  await settle(tx, job, { status: "skipped", error: `skipped: ${reason}` });
}

/** See `runs:skip`. */
export async function skipRest(ctx: ScopedTx, args: { run: string; reason: string }): Promise<null> {
  checkText(args.reason, "reason");
  const run = await findRun(ctx, args.run);
  ctx.tasks.push({ kind: "skipUnstarted", assignment: run.assignment, reason: args.reason });
  return null;
}

/** See `runs:giveUp`. */
export async function giveUpJob(ctx: ScopedTx, args: { job: string; error: string }): Promise<JobView> {
  checkText(args.error, "error");
  const job = await findJob(ctx, args.job);
  // A ready job that no runner may claim, because all its profiles are out of order, counts as parked.
  if (job.status !== "awaiting_retry" && !job.ready) {
    fail(
      "WRONG_STATE",
      `job ${jobHandle(job)} is ${job.status}: expected one that waits for its profiles (awaiting_retry, or ready)`,
    );
  }
  await settle(ctx, job, { status: "failed", error: args.error });
  return toJob(present(await ctx.db.get("jobs", job._id), "a job that was given up"));
}
