import { jobHandle } from "../../../domain/handle.ts";
import type { JobState } from "../../../domain/jobState.ts";
import { MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { pageSize } from "../shared/checks.ts";
import { findJob } from "../shared/find.ts";
import { textsOf } from "../shared/jobTexts.ts";
import { toJob } from "../shared/jobView.ts";
import type { JobView } from "../shared/shapes.ts";
import type { Reading, ScopedReading } from "../shared/tx.ts";

/** See `jobs:list`. */
export async function listJobs(
  ctx: ScopedReading,
  { status, limit }: { status?: JobState; limit?: number },
): Promise<JobView[]> {
  const jobs = ctx.db.query("jobs");
  const range =
    status === undefined
      ? jobs.withIndex("by_handle", (q) => q.eq("namespace", ctx.namespace._id))
      : jobs.withIndex("by_status", (q) => q.eq("namespace", ctx.namespace._id).eq("status", status));
  return (await range.order("desc").take(pageSize(limit, MAX_PAGE))).map(toJob);
}

/** See `jobs:get`. */
export async function getJob(ctx: ScopedReading, args: { job: string }) {
  const row = await findJob(ctx, args.job);
  const texts = await textsOf(ctx, row);
  const attempts = await ctx.db
    .query("attempts")
    .withIndex("by_number", (q) => q.eq("job", row._id))
    .order("desc")
    .take(MAX_PAGE);
  const job: JobView = {
    ...toJob(row),
    context: texts.context,
    ...(texts.result === undefined ? {} : { result: texts.result }),
  };
  return {
    job,
    attempts: attempts.reverse().map(({ _id, _creationTime, job: _job, ...attempt }) => attempt),
    edges: { waitsFor: await waitsFor(ctx, row), blocks: await blocks(ctx, row) },
  };
}

async function waitsFor(ctx: Reading, job: Doc<"jobs">) {
  const edges = await ctx.db
    .query("edges")
    .withIndex("by_target", (q) => q.eq("to", job._id))
    .take(MAX_PAGE);
  return (await Promise.all(edges.map((edge) => sourceEnd(ctx, edge)))).filter((end) => end !== null);
}

async function sourceEnd(ctx: Reading, edge: Doc<"edges">) {
  const { fromJob, fromAssignment, condition, satisfied } = edge;
  const job = fromJob === undefined ? null : await ctx.db.get("jobs", fromJob);
  if (job !== null) return { id: job._id, handle: jobHandle(job), status: job.status, condition, satisfied };
  const assignment = fromAssignment === undefined ? null : await ctx.db.get("assignments", fromAssignment);
  if (assignment === null) return null;
  return {
    id: assignment._id,
    handle: String(assignment.number),
    status: assignment.status,
    condition,
    satisfied,
  };
}

async function blocks(ctx: Reading, job: Doc<"jobs">) {
  const edges = await ctx.db
    .query("edges")
    .withIndex("by_job", (q) => q.eq("fromJob", job._id))
    .take(MAX_PAGE);
  const ends = await Promise.all(
    edges.map(async ({ to, condition, satisfied }) => {
      const target = await ctx.db.get("jobs", to);
      return target === null
        ? null
        : { id: target._id, handle: jobHandle(target), status: target.status, condition, satisfied };
    }),
  );
  return ends.filter((end) => end !== null);
}
