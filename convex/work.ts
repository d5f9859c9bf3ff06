import { v } from "convex/values";
import { advanceAttempt } from "./model/attempts/advance.ts";
import { exchangeWork } from "./model/attempts/exchange.ts";
import { scopedMutation } from "./model/access/access.ts";
import { claimJob } from "./model/claim/claim.ts";
import { recordEvents } from "./model/jobs/events.ts";
import { takeReport } from "./model/attempts/report.ts";
import { vEvent } from "./model/shared/shapes.ts";
import { vAttemptReport, vClaimed, vFence, vReport, vReportAnswer } from "./model/shared/workShapes.ts";

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

/** Ends a claim with an outcome: one report of an exchange, alone. */
export const report = scopedMutation(
  "runner",
  "admin",
)({
  args: vReport.fields,
  returns: v.object({ kind: vReportAnswer }),
  handler: async (ctx, report) => ({ kind: await takeReport(ctx, report) }),
});

/** Takes the reports of a runner and gives it new jobs, up to 32 of both, in one transaction. */
export const exchange = scopedMutation(
  "runner",
  "admin",
)({
  args: {
    session: v.string(),
    reports: v.array(vReport),
    /** At most `slots` of these jobs, the best first. */
    claim: v.object({ jobs: v.array(v.string()), slots: v.number() }),
  },
  returns: v.object({ answers: v.array(vReportAnswer), claimed: v.array(vClaimed) }),
  handler: exchangeWork,
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
