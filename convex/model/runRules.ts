/** What the settings of a run do when one of its jobs settles: stop at the first failure, have results reviewed. */
import { jobHandle } from "../../domain/handle.ts";
import { headAndTail } from "../../domain/text.ts";
import type { Doc } from "../_generated/dataModel.js";
import { isBarred } from "./barred.ts";
import { checkText } from "./checks.ts";
import { fail } from "./fail.ts";
import { findJob, present } from "./find.ts";
import { toJob } from "./jobView.ts";
import { findRun } from "./runs.ts";
import { settle } from "./settle.ts";
import type { JobView } from "./shapes.ts";
import { lastNumber } from "./spent.ts";
import type { Step, TaskOf } from "./task.ts";
import type { ScopedTx, Tx } from "./tx.ts";
import { writeJob } from "./writeJob.ts";

/** Bytes of a result that its reviewer is shown; the rest can be seen in the repo. */
const MAX_REVIEWED_BYTES = 32 * 1024;

/** Runs in the transaction that settles the job: nothing of the run can start in between. */
export async function applyRunRules(
  tx: Tx,
  assignment: Doc<"assignments">,
  { job, result }: { job: Doc<"jobs">; result: string },
): Promise<void> {
  const run = job.run === undefined ? null : await tx.db.get("runs", job.run);
  if (run === null || job.type === "review") return;
  if (run.failFast && job.status === "failed") {
    tx.tasks.push({
      kind: "skipUnstarted",
      assignment: assignment._id,
      reason: `${job.key ?? jobHandle(job)} failed and the run stops at the first failure`,
    });
  }
  if (run.review !== undefined && job.status === "complete") {
    await askForReview(tx, assignment, { run, job, result });
  }
}

/** One batch of the jobs that have not started: the ready ones first, because those could start next. */
export async function skipUnstarted(tx: Tx, task: TaskOf<"skipUnstarted">, budget: number): Promise<Step> {
  const ready = await tx.db
    .query("jobs")
    .withIndex("by_gate", (q) => q.eq("assignment", task.assignment).eq("gate", "ready"))
    .take(budget);
  const others = [];
  for (const status of ["pending", "awaiting_retry"] as const) {
    if (ready.length >= budget) break;
    others.push(
      ...(await tx.db
        .query("jobs")
        .withIndex("by_outcome", (q) => q.eq("assignment", task.assignment).eq("status", status))
        .take(budget)),
    );
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

async function askForReview(
  tx: Tx,
  assignment: Doc<"assignments">,
  { run, job, result }: { run: Doc<"runs">; job: Doc<"jobs">; result: string },
): Promise<void> {
  const { profiles, fallbackOnly, timeoutMs } = run.review ?? {
    profiles: [],
    fallbackOnly: true,
    timeoutMs: 1,
  };
  const byFallback = job.attempt > 1 || job.profileUsed !== job.cascade[0];
  if (result.trim() === "" || (fallbackOnly && !byFallback)) return;
  const [only] = profiles.length === 1 ? profiles : [];
  const reviewer = only ?? profiles.find((name) => name !== job.profileUsed);
  if (reviewer === undefined || isBarred(job, reviewer)) return;
  const namespace = present(await tx.db.get("namespaces", job.namespace), "a namespace");
  const number = (await lastNumber(tx, assignment._id)) + 1;
  await writeJob(
    tx,
    { assignment, namespace, number, run: run._id },
    {
      type: "review",
      title: `Review of ${job.key ?? jobHandle(job)}`,
      context: reviewContext(job, result),
      cascade: [reviewer],
      ownPriority: job.ownPriority,
      timeoutMs,
      repo: job.repo,
      pool: job.pool,
      // It reads; the next task of the repo need not wait for it.
      lock: null,
      key: `review:${job.key ?? job.number}`,
      reviews: job._id,
      barred: job.barred,
    },
  );
}

function reviewContext(job: Doc<"jobs">, result: string): string {
  return [
    `Review what another agent says it has done for the task "${job.title}". Change nothing.`,
    "",
    "Your answer must begin with the single word PASS or FAIL, followed by one paragraph on correctness, security and test coverage.",
    "",
    "What it answered:",
    "",
    headAndTail(result, MAX_REVIEWED_BYTES),
  ].join("\n");
}
