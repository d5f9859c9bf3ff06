import { v } from "convex/values";
import { scopedQuery } from "./model/access/access.ts";
import { listEvents } from "./model/jobs/events.ts";
import { latestEvents } from "./model/jobs/lastEvents.ts";
import { vEvent, vLastEvent } from "./model/shared/shapes.ts";

/** Activity of a job, oldest first; without `attempt` that of its last attempt. */
export const list = scopedQuery(
  "admin",
  "runner",
  "agent",
  "viewer",
)({
  args: {
    job: v.string(),
    attempt: v.optional(v.number()),
    afterSeq: v.optional(v.number()),
    limit: v.optional(v.number()),
  },
  returns: v.array(vEvent),
  handler: listEvents,
});

/** What the agents of at most 50 jobs did last. For screens: asked for every few seconds, it costs less than a subscription. */
export const latest = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({ args: { jobs: v.array(v.string()) }, returns: v.array(vLastEvent), handler: latestEvents });
