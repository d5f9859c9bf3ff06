/** Jobs that a person drives: no runner, no lease, but the same locks and the same follow-ups. */
import { jobHandle } from "../../../domain/handle.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { activate } from "../assignments/activate.ts";
import { endByHand } from "./byHandAttempt.ts";
import { checkSize } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { findJob, present } from "../shared/find.ts";
import { toJob } from "../shared/jobView.ts";
import { isOpenAssignment } from "../readiness/readiness.ts";
import { settle } from "../attempts/settle.ts";
import type { JobView } from "../shared/shapes.ts";
import type { ScopedTx } from "../shared/tx.ts";

/** Who an attempt without a runner is credited to. */
const BY_HAND = "manual";

/** See `jobs:start`. */
export async function startByHand(ctx: ScopedTx, args: { job: string }): Promise<{ attempt: number }> {
  const job = await findJob(ctx, args.job);
  const assignment = present(await ctx.db.get("assignments", job.assignment), "a job's assignment");
  refuseUnready(job, assignment);
  const attempt = job.attempt + 1;
  const attemptRow = await ctx.db.insert("attempts", {
    job: job._id,
    number: attempt,
    profile: BY_HAND,
    harness: BY_HAND,
    startedAt: ctx.now,
  });
  await ctx.db.patch("jobs", job._id, {
    status: "running",
    ready: false,
    gate: "none",
    attempt,
    attemptRow,
    session: undefined,
    manual: true,
    startedAt: ctx.now,
    profileUsed: BY_HAND,
    activates: false,
  });
  await activate(ctx, job, assignment);
  return { attempt };
}

/** See `jobs:finish`. */
export async function finishByHand(
  ctx: ScopedTx,
  args: { job: string; outcome: "complete" | "failed"; result?: string },
): Promise<JobView> {
  checkSize(args.result, "result");
  const job = await findJob(ctx, args.job);
  if (!job.manual) {
    fail(
      "WRONG_STATE",
      `job ${jobHandle(job)} is ${job.status}: expected one that was started by hand (\`drover start-job ${jobHandle(job)}\`)`,
    );
  }
  await endByHand(ctx, job, args.outcome);
  const failed = args.outcome === "failed";
  await settle(ctx, job, {
    status: args.outcome,
    ...(args.result === undefined ? {} : { result: args.result }),
    ...(failed ? { error: args.result ?? "failed by hand" } : {}),
  });
  return toJob(present(await ctx.db.get("jobs", job._id), "a job that was finished"));
}

function refuseUnready(job: Doc<"jobs">, assignment: Doc<"assignments">): void {
  const handle = jobHandle(job);
  if (job.status !== "pending") {
    fail("WRONG_STATE", `job ${handle} is ${job.status}: expected a pending one`);
  }
  if (job.ready && isOpenAssignment(assignment)) return;
  const reasons = job.ready ? "assignment" : job.waitingFor.join(", ");
  fail(
    "WRONG_STATE",
    `job ${handle} waits for ${reasons}: \`drover explain ${handle}\` says what will move it`,
  );
}
