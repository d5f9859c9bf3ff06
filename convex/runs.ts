import { v } from "convex/values";
import { scopedMutation, scopedQuery } from "./model/access/access.ts";
import { createRun, insertIntoRun } from "./model/runs/runs.ts";
import { giveUpJob, skipRest } from "./model/jobs/skipJobs.ts";
import { vRun, vRunDetail, vRunStatus, vSettledTask } from "./model/runs/runShapes.ts";
import { getRun, listRuns, settledOfRun, watchRun } from "./model/runs/runViews.ts";
import { vJob, vNewJob } from "./model/shared/shapes.ts";
import { vLimits, vReviewRule } from "./schema.ts";

/** Starts a batch: an assignment to which nobody adds jobs, and the run that reports on it. The same `key` again gives the first. */
export const create = scopedMutation("admin")({
  args: {
    northStar: v.string(),
    label: v.string(),
    spec: v.string(),
    tasks: v.number(),
    key: v.optional(v.string()),
    sourceRef: v.optional(v.string()),
    failFast: v.optional(v.boolean()),
    /** Nothing of it may start until it is set active: half an import must never run. */
    held: v.optional(v.boolean()),
    review: v.optional(vReviewRule),
    parent: v.optional(v.string()),
    limits: v.optional(vLimits),
  },
  returns: v.object({ id: v.string(), assignment: v.number(), created: v.boolean() }),
  handler: createRun,
});

/** Adds tasks to a run, all or none, in calls of at most 500: `after` may name keys of this or an earlier call. */
export const insert = scopedMutation("admin")({
  args: { run: v.string(), jobs: v.array(vNewJob) },
  returns: v.array(v.object({ id: v.string(), handle: v.string(), created: v.boolean() })),
  handler: insertIntoRun,
});

/** Newest first. */
export const list = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: { limit: v.optional(v.number()) },
  returns: v.array(vRun),
  handler: listRuns,
});

/** One run by its id or its assignment, with what it used so far. */
export const get = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({ args: { run: v.string() }, returns: vRunDetail, handler: getRun });

/** What moves in a run now: a bounded picture, for live screens. */
export const watch = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({ args: { run: v.string() }, returns: vRunStatus, handler: watchRun });

/** Jobs that have settled, oldest first, behind a place in that order; at most 50 a page, with attempts and results. */
export const settled = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: { run: v.string(), after: v.optional(v.object({ settledAt: v.number(), number: v.number() })) },
  returns: v.array(vSettledTask),
  handler: settledOfRun,
});

/** Skips everything of a run that has not started. */
export const skip = scopedMutation("admin")({
  args: { run: v.string(), reason: v.string() },
  returns: v.null(),
  handler: skipRest,
});

/** Fails a job that waits for a profile which will not come back by itself. */
export const giveUp = scopedMutation("admin")({
  args: { job: v.string(), error: v.string() },
  returns: vJob,
  handler: giveUpJob,
});
