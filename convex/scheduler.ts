import { v } from "convex/values";
import { scopedQuery } from "./model/access/access.ts";
import { readyWindow } from "./model/claim/readyWindow.ts";
import { vCounts, vJob, vRank, vReadyJob, vStuck } from "./model/shared/shapes.ts";
import { statusOfQueue, watch } from "./model/queue/queueViews.ts";

/** A window of at most 64 ready jobs of one pool, most urgent first; `after` pages on. */
export const ready = scopedQuery(
  "runner",
  "admin",
)({
  args: { pool: v.string(), after: v.optional(vRank) },
  returns: v.array(vReadyJob),
  handler: readyWindow,
});

/** The queue for live screens. `ready` and `waiting` stop counting at 200. */
export const watchQueue = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: {},
  returns: v.object({
    paused: v.boolean(),
    running: v.array(vJob),
    ready: v.number(),
    waiting: v.number(),
    recent: v.array(vJob),
    runners: v.number(),
    stuck: v.array(vStuck),
  }),
  handler: watch,
});

/** Counts by state, what runs, and what is stuck with its root causes. */
export const queueStatus = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: {},
  returns: v.object({
    namespace: v.string(),
    paused: v.boolean(),
    assignments: vCounts,
    jobs: vCounts,
    running: v.array(vJob),
    serialActive: v.boolean(),
    stuck: v.array(vStuck),
  }),
  handler: statusOfQueue,
});
