import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import type { JobState } from "../../../domain/jobState.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { endByHand } from "./byHandAttempt.ts";
import { findJob } from "../shared/find.ts";
import { settle } from "../attempts/settle.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { ScopedTx, Tx } from "../shared/tx.ts";

type Result = { outcome: "canceled" | "requested" | "already"; status: JobState };

/** See `jobs:cancel`. Canceling what has ended changes nothing and says so. */
export async function cancelJob(ctx: ScopedTx, args: { job: string }): Promise<Result> {
  const job = await findJob(ctx, args.job);
  if (!job.open) return { outcome: "already", status: job.status };
  return cancelOpenJob(ctx, job, "canceled by hand");
}

/** One batch of the open jobs of an ended assignment, but for the one that ended it. */
export async function cancelOpen(tx: Tx, task: TaskOf<"cancelOpen">, budget: number): Promise<Step> {
  const assignment = await tx.db.get("assignments", task.assignment);
  // Set active again in the meantime: what is left may live.
  if (assignment === null || !isTerminalAssignment(assignment.status)) return { used: 1 };
  const open = await tx.db
    .query("jobs")
    .withIndex("by_open", (q) =>
      q.eq("assignment", assignment._id).eq("open", true).eq("cancelRequested", false),
    )
    // Last jobs first: whoever holds a lock goes last, instead of handing it to one that goes next.
    .order("desc")
    .take(budget + 1);
  const jobs = open.filter(({ _id }) => _id !== task.except).slice(0, budget);
  for (const job of jobs) {
    await cancelOpenJob(tx, job, `canceled: assignment ${assignment.number} is ${assignment.status}`);
  }
  return { used: jobs.length, ...(jobs.length === budget ? { rest: task } : {}) };
}

/** At once where nobody executes it; otherwise an order to the runner that does. */
async function cancelOpenJob(tx: Tx, job: Doc<"jobs">, error: string): Promise<Result> {
  if (job.status === "running" && !job.manual) {
    if (!job.cancelRequested) await tx.db.patch("jobs", job._id, { cancelRequested: true });
    return { outcome: "requested", status: "running" };
  }
  if (job.manual) await endByHand(tx, job, "canceled");
  await settle(tx, job, { status: "canceled", error });
  return { outcome: "canceled", status: "canceled" };
}
