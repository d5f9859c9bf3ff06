import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import { jobHandle } from "../../../domain/handle.ts";
import { canJobMove, isTerminalJob } from "../../../domain/jobState.ts";
import { scheduleDue } from "../readiness/due.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { moveAssignment } from "../assignments/assignmentState.ts";
import { refuseBarred } from "../access/barred.ts";
import { checkName } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { findJob, present } from "../shared/find.ts";
import { toJob } from "../shared/jobView.ts";
import { refresh } from "../readiness/readiness.ts";
import type { JobView } from "../shared/shapes.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { Reading, ScopedTx, Tx } from "../shared/tx.ts";

/** Open edges of one job that are looked at for a dead dependency: more than an insert and its splices write. */
const MAX_OPEN_EDGES = 1000;

/** See `jobs:retry`. Jobs that were skipped because of it come back as well. */
export async function retryJob(ctx: ScopedTx, args: { job: string; harness?: string }): Promise<JobView> {
  const job = await findJob(ctx, args.job);
  checkName(args.harness, "harness");
  if (args.harness !== undefined) refuseBarred(job, args.harness);
  if (!isTerminalJob(job.status) || !canJobMove(job.status, "pending")) {
    fail(
      "WRONG_STATE",
      `job ${jobHandle(job)} is ${job.status}: expected one that is failed, skipped or canceled`,
    );
  }
  const dead = await deadDependency(ctx, job);
  if (dead !== null) {
    fail(
      "WRONG_STATE",
      `job ${jobHandle(job)} waits for ${dead}: retry that one, and this one comes back with it`,
    );
  }
  const assignment = present(await ctx.db.get("assignments", job.assignment), "a job's assignment");
  await reopen(ctx, job);
  if (args.harness !== undefined) {
    const others = job.cascade.filter((name) => name !== args.harness);
    await ctx.db.patch("jobs", job._id, { cascade: [args.harness, ...others] });
  }
  if (isTerminalAssignment(assignment.status)) await moveAssignment(ctx, assignment, { to: "active" });
  await refresh(ctx, job._id);
  ctx.tasks.push({ kind: "revive", job: job._id });
  return toJob(present(await ctx.db.get("jobs", job._id), "a job that is retried"));
}

/** One batch of the dependents of a retried job: they will be told anew, and those skipped for it come back. */
export async function revive(tx: Tx, task: TaskOf<"revive">, budget: number): Promise<Step> {
  const edges = await tx.db
    .query("edges")
    .withIndex("by_job", (q) => q.eq("fromJob", task.job).eq("told", true).eq("satisfied", false))
    .take(budget);
  const source = await tx.db.get("jobs", task.job);
  if (source?.open !== true) return { used: 1 };
  for (const edge of edges) {
    await tx.db.patch("edges", edge._id, { told: false });
    const target = present(await tx.db.get("jobs", edge.to), "the target of an edge");
    if (target.status !== "skipped" || (await deadDependency(tx, target)) !== null) continue;
    if (!(await goesOn(tx, target))) continue;
    await reopen(tx, target);
    await refresh(tx, target._id);
    tx.tasks.push({ kind: "revive", job: target._id });
  }
  return { used: edges.length, ...(edges.length === budget ? { rest: task } : {}) };
}

/**
 * Whether a skipped job's assignment goes on with it. One that ended by itself, since nothing of it was left to do, becomes
 * active again: its job would else be open in an ended assignment, which nobody claims from. What a person canceled, or a PM
 * ended, stays ended.
 */
async function goesOn(tx: Tx, job: Doc<"jobs">): Promise<boolean> {
  const assignment = present(await tx.db.get("assignments", job.assignment), "a job's assignment");
  if (!isTerminalAssignment(assignment.status)) return true;
  if (assignment.status === "canceled" || assignment.policy === "pm") return false;
  await moveAssignment(tx, assignment, { to: "active" });
  return true;
}

/** Pending again, as it was before its first attempt but for the attempt number, which never goes back. */
async function reopen(tx: Tx, job: Doc<"jobs">): Promise<void> {
  await tx.db.patch("jobs", job._id, {
    status: "pending",
    open: true,
    gate: "none",
    waitingFor: [],
    cancelRequested: false,
    lostCount: 0,
    limitedCount: 0,
    acted: false,
    activates: true,
    session: undefined,
    error: undefined,
    followedBy: undefined,
    settledAt: undefined,
  });
  if (job.notBefore !== undefined && job.notBefore > tx.now) await scheduleDue(tx, job._id, job.notBefore);
}

/** A dependency that has ended so that the job can never go on, as a phrase; null when there is none. */
async function deadDependency(ctx: Reading, job: Doc<"jobs">): Promise<string | null> {
  const edges = await ctx.db
    .query("edges")
    .withIndex("by_target", (q) => q.eq("to", job._id).eq("satisfied", false))
    .take(MAX_OPEN_EDGES);
  for (const { fromJob, fromAssignment } of edges) {
    const source = fromJob === undefined ? null : await ctx.db.get("jobs", fromJob);
    if (source !== null && isTerminalJob(source.status))
      return `${jobHandle(source)}, which is ${source.status}`;
    const assignment = fromAssignment === undefined ? null : await ctx.db.get("assignments", fromAssignment);
    if (assignment !== null && isTerminalAssignment(assignment.status)) {
      return `assignment ${assignment.number}, which is ${assignment.status}`;
    }
  }
  return null;
}
