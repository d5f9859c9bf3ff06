import { v } from "convex/values";
import { internalMutation } from "./_generated/server.js";
import { inTransaction, scopedMutation, scopedQuery } from "./model/access/access.ts";
import { cancelJob } from "./model/jobs/cancel.ts";
import { explainJob } from "./model/jobs/explain.ts";
import { finishByHand, startByHand } from "./model/jobs/byHand.ts";
import { insertJobs } from "./model/insert/insertJobs.ts";
import { completedJobs, vCompletedJob } from "./model/jobs/completedJobs.ts";
import { getJob, listJobs } from "./model/jobs/jobViews.ts";
import { retryJob } from "./model/jobs/retry.ts";
import {
  vAttempt,
  vEdgeEnd,
  vExplanation,
  vInserted,
  vJob,
  vJobStatus,
  vNewJob,
} from "./model/shared/shapes.ts";
import { becomeDue } from "./model/readiness/wakeUp.ts";

/** Adds jobs to an assignment, all or none. The same `key` again gives the first job. */
export const insert = scopedMutation(
  "admin",
  "agent",
)({
  args: { assignment: v.string(), jobs: v.array(vNewJob), parallel: v.optional(v.boolean()) },
  returns: vInserted,
  handler: insertJobs,
});

/** Newest first. */
export const list = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: { status: v.optional(vJobStatus), limit: v.optional(v.number()) },
  returns: v.array(vJob),
  handler: listJobs,
});

/** Which of these keys (task ids, at most 100) are done: per repo the newest job of the namespace that bears one decides. */
export const completed = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: { keys: v.array(v.string()) },
  returns: v.array(vCompletedJob),
  handler: completedJobs,
});

/** One job with its context, result, attempts and edges. */
export const get = scopedQuery(
  "admin",
  "runner",
  "agent",
  "viewer",
)({
  args: { job: v.string() },
  returns: v.object({
    job: vJob,
    attempts: v.array(vAttempt),
    edges: v.object({ waitsFor: v.array(vEdgeEnd), blocks: v.array(vEdgeEnd) }),
  }),
  handler: getJob,
});

/** Why a job is not running, and what will move it next. */
export const explain = scopedQuery(
  "admin",
  "runner",
  "agent",
  "viewer",
)({
  args: { job: v.string() },
  returns: vExplanation,
  handler: explainJob,
});

/** Cancels an open job: at once, or by an order to the runner that executes it. */
export const cancel = scopedMutation("admin")({
  args: { job: v.string() },
  returns: v.object({
    outcome: v.union(v.literal("canceled"), v.literal("requested"), v.literal("already")),
    status: vJobStatus,
  }),
  handler: cancelJob,
});

/** Gives a job that did not end well another chance: pending again, with the next attempt number. */
export const retry = scopedMutation("admin")({
  args: { job: v.string(), harness: v.optional(v.string()) },
  returns: vJob,
  handler: retryJob,
});

/** A person takes a ready job in hand: no runner claims it, no lease guards it. */
export const start = scopedMutation("admin")({
  args: { job: v.string() },
  returns: v.object({ attempt: v.number() }),
  handler: startByHand,
});

/** Ends a job that was started by hand. */
export const finish = scopedMutation("admin")({
  args: {
    job: v.string(),
    outcome: v.union(v.literal("complete"), v.literal("failed")),
    result: v.optional(v.string()),
  },
  returns: vJob,
  handler: finishByHand,
});

/** Scheduled for the time at which a job may start or be tried again. */
export const due = internalMutation({
  args: { job: v.id("jobs"), at: v.number() },
  returns: v.null(),
  handler: (ctx, args) => inTransaction(ctx, (tx) => becomeDue(tx, args)),
});
