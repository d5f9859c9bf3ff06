/** Why a job is not running, and what will move it next: one reactive query. SPEC.md §4. */
import { jobHandle } from "../../../domain/handle.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { causesOf } from "./causes.ts";
import { findJob } from "../shared/find.ts";
import { toJob } from "../shared/jobView.ts";
import type { Cause } from "../shared/shapes.ts";
import type { ScopedReading } from "../shared/tx.ts";

/** Caps are counted by each runner for itself. */
const NEXT_SLOT = "the next free slot of a runner, and a place below its caps where it has any";

/** See `jobs:explain`. */
export async function explainJob(ctx: ScopedReading, args: { job: string }) {
  const job = await findJob(ctx, args.job);
  const causes = await causesOf(ctx, job, ctx.namespace);
  return { job: toJob(job), state: job.status, ready: job.ready, causes, next: nextFor(job, causes) };
}

function nextFor(job: Doc<"jobs">, causes: readonly Cause[]): string {
  const handle = jobHandle(job);
  switch (job.status) {
    case "running":
      return nextForRunning(job);
    case "complete":
      return "nothing: it is complete";
    case "canceled":
    case "skipped":
    case "failed":
      return `nothing by itself: \`drover retry ${handle}\` tries it again`;
    case "awaiting_approval":
      return "the answer of a person";
    case "awaiting_retry":
    case "pending":
      return causes[0] === undefined ? NEXT_SLOT : nextAfter(causes[0]);
    default:
      return job.status satisfies never;
  }
}

function nextForRunning(job: Doc<"jobs">): string {
  const handle = jobHandle(job);
  if (job.manual)
    return `a person has it in hand: \`drover complete-job ${handle}\` or \`drover fail-job ${handle}\``;
  return job.cancelRequested ? "its runner was told to cancel it" : "the report of its runner";
}

function nextAfter({ reason, handle, text }: Cause): string {
  switch (reason) {
    case "dependencies":
      return handle === undefined ? text : `the end of ${handle}`;
    case "lock":
      return handle === undefined ? text : `${handle}, which has its lock`;
    case "time":
      return "its start time";
    case "harness":
      return handle === undefined
        ? "the end of its harness profiles' limits"
        : `the first sign of work in ${handle}, or its end`;
    case "paused":
      return "resuming the namespace (`drover resume`)";
    case "runner":
      return "a runner that can take it";
    default:
      return text;
  }
}
