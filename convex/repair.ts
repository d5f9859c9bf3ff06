import { v } from "convex/values";
import { scopedMutation } from "./model/access/access.ts";
import { repairPage } from "./model/jobs/repair.ts";
import { vJobStatus } from "./model/shared/shapes.ts";

/**
 * Looks through a page of the open jobs of one state for facts that do not fit together, and mends them when `fix`
 * is set. Call again with `next` until it is null.
 */
export const jobs = scopedMutation("admin")({
  args: {
    status: vJobStatus,
    after: v.optional(v.object({ assignmentNumber: v.number(), number: v.number() })),
    fix: v.boolean(),
  },
  returns: v.object({
    looked: v.number(),
    found: v.array(v.object({ handle: v.string(), text: v.string() })),
    next: v.union(v.object({ assignmentNumber: v.number(), number: v.number() }), v.null()),
  }),
  handler: repairPage,
});
