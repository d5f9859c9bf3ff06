import { v } from "convex/values";
import { scopedQuery } from "./model/access/access.ts";
import { listEvents } from "./model/jobs/events.ts";
import { vEvent } from "./model/shared/shapes.ts";

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
