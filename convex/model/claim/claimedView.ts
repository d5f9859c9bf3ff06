import { jobHandle } from "../../../domain/handle.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { assignmentTextsOf, jobsByNumber } from "../shared/find.ts";
import { textsOf } from "../shared/jobTexts.ts";
import { isPrivate } from "../access/privacy.ts";
import type { Claimed } from "../shared/workShapes.ts";
import type { Reading, ScopedReading } from "../shared/tx.ts";

/** Jobs of the assignment that a PM sees: more than its limit lets it have. */
const JOBS_FOR_PM = 100;

/**
 * What a runner needs to execute a job. Only a PM is shown its siblings: reading them in every claim would make
 * claims and reports of one assignment conflict.
 */
export async function claimedView(
  ctx: ScopedReading,
  job: Doc<"jobs">,
  assignment: Doc<"assignments">,
): Promise<Omit<Claimed, "leaseUntil" | "renewInMs">> {
  const texts = await textsOf(ctx, job);
  const assignmentTexts = await assignmentTextsOf(ctx, assignment._id);
  const { northStar, artifacts, decisions } = assignmentTexts;
  return {
    job: {
      id: job._id,
      handle: jobHandle(job),
      type: job.type,
      class: job.class,
      title: job.title,
      context: texts.context,
      ...(job.repo === undefined ? {} : { repo: job.repo }),
      timeoutMs: job.timeoutMs,
      idleTimeoutMs: job.idleTimeoutMs,
      cascade: job.cascade,
      attempt: job.attempt,
      fallsThrough: job.run !== undefined,
      private: await isPrivate(ctx, job),
    },
    assignment: {
      id: assignment._id,
      number: assignment.number,
      northStar,
      artifacts,
      decisions,
      policy: assignment.policy,
    },
    previous: await previousOf(ctx, job),
    jobs: job.type === "pm" ? await siblings(ctx, job, assignment) : [],
    reminder: job.reminder,
    namespace: ctx.namespace.name,
  };
}

/** The job under review; else the job that this one waited for last. */
async function previousOf(ctx: Reading, job: Doc<"jobs">): Promise<Claimed["previous"]> {
  const id = job.reviews ?? (job.hasSources === false ? undefined : await lastDependency(ctx, job._id));
  const previous = id === undefined ? null : await ctx.db.get("jobs", id);
  if (previous === null) return null;
  const texts = await textsOf(ctx, previous);
  return {
    handle: jobHandle(previous),
    type: previous.type,
    status: previous.status,
    result: texts.result ?? previous.error ?? "",
  };
}

async function lastDependency(ctx: Reading, job: Id<"jobs">): Promise<Id<"jobs"> | undefined> {
  const edges = await ctx.db
    .query("edges")
    .withIndex("by_target", (q) => q.eq("to", job).eq("satisfied", true))
    .order("desc")
    .take(JOBS_FOR_PM);
  const sources = await Promise.all(
    edges.map(async ({ fromJob }) => (fromJob === undefined ? null : ctx.db.get("jobs", fromJob))),
  );
  const work = sources.filter((source) => source !== null && source.type !== "pm");
  work.sort((a, b) => (b?.settledAt ?? 0) - (a?.settledAt ?? 0));
  return work[0]?._id;
}

async function siblings(
  ctx: Reading,
  job: Doc<"jobs">,
  assignment: Doc<"assignments">,
): Promise<Claimed["jobs"]> {
  const jobs = await jobsByNumber(ctx, assignment).order("desc").take(JOBS_FOR_PM);
  return jobs
    .reverse()
    .filter(({ _id }) => _id !== job._id)
    .map((other) => ({
      handle: jobHandle(other),
      type: other.type,
      status: other.status,
      title: other.title,
      summary: other.summary,
    }));
}
