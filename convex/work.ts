import { v } from "convex/values";
import { advanceAttempt } from "./model/attempts/advance.ts";
import { scopedMutation } from "./model/access/access.ts";
import { claimJob } from "./model/claim/claim.ts";
import { recordEvents } from "./model/jobs/events.ts";
import { reportAttempt } from "./model/attempts/report.ts";
import { vEvent } from "./model/shared/shapes.ts";
import { vAttemptReport, vClaimed, vFence, vOutcome } from "./model/shared/workShapes.ts";

/** Takes a ready job for a session, or gives null to a loser. */
export const claim = scopedMutation(
  "runner",
  "admin",
)({
  args: { session: v.string(), job: v.string() },
  returns: v.union(vClaimed, v.null()),
  handler: claimJob,
});

/** Ends an attempt and goes on with another profile of the cascade, in the same claim. */
export const advance = scopedMutation(
  "runner",
  "admin",
)({
  args: { fence: vFence, ended: vAttemptReport, profile: v.string(), harness: v.string() },
  returns: v.union(
    v.object({ kind: v.literal("advanced"), attempt: v.number() }),
    v.object({ kind: v.literal("probed"), until: v.number() }),
    v.object({ kind: v.literal("lease_lost") }),
  ),
  handler: advanceAttempt,
});

/** Ends a claim with an outcome; `claimNext` names up to 4 jobs to try for, best first. */
export const report = scopedMutation(
  "runner",
  "admin",
)({
  args: {
    fence: vFence,
    ended: vAttemptReport,
    outcome: vOutcome,
    claimNext: v.optional(v.array(v.string())),
  },
  returns: v.object({
    kind: v.union(v.literal("accepted"), v.literal("already"), v.literal("lease_lost")),
    next: v.union(vClaimed, v.null()),
  }),
  handler: reportAttempt,
});

/** Adds activity; a resend of the same (job, attempt, seq) is free. */
export const events = scopedMutation(
  "runner",
  "admin",
)({
  args: { fence: vFence, events: v.array(vEvent.omit("attempt")) },
  returns: v.union(v.object({ kind: v.literal("accepted") }), v.object({ kind: v.literal("lease_lost") })),
  handler: recordEvents,
});
