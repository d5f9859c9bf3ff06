/** Validators of what runners send and get: fences, reports, claims and orders. */
import { literals } from "convex-helpers/validators";
import { v, type Infer } from "convex/values";
import { JOB_CLASSES } from "../../../domain/jobTypes.ts";
import { vUsage } from "../../schema.ts";
import { vJobStatus, vJobType, vPolicy } from "./shapes.ts";

export const vFence = v.object({ job: v.string(), attempt: v.number(), session: v.string() });

export const vAttemptReport = v.object({
  profile: v.string(),
  harness: v.string(),
  version: v.optional(v.string()),
  verdict: v.string(),
  detail: v.optional(v.string()),
  startedAt: v.number(),
  endedAt: v.number(),
  exitCode: v.optional(v.number()),
  usage: v.optional(vUsage),
  costUsd: v.optional(v.number()),
  agentSession: v.optional(v.string()),
  model: v.optional(v.string()),
  outputFile: v.optional(v.string()),
});

export const vOutcome = v.union(
  v.object({ kind: v.literal("complete"), result: v.string(), resultFile: v.optional(v.string()) }),
  v.object({
    kind: v.literal("failed"),
    error: v.string(),
    result: v.optional(v.string()),
    resultFile: v.optional(v.string()),
  }),
  v.object({ kind: v.literal("limited"), until: v.optional(v.number()), reason: v.string() }),
  v.object({ kind: v.literal("interrupted"), reason: v.string() }),
  v.object({ kind: v.literal("canceled") }),
);

/** How a claim ended. */
export const vReport = v.object({ fence: vFence, ended: vAttemptReport, outcome: vOutcome });
export const vReportAnswer = literals("accepted", "already", "lease_lost");

export const vClaimed = v.object({
  job: v.object({
    id: v.string(),
    handle: v.string(),
    type: vJobType,
    class: literals(...JOB_CLASSES),
    title: v.string(),
    context: v.string(),
    repo: v.optional(v.string()),
    timeoutMs: v.number(),
    idleTimeoutMs: v.union(v.number(), v.null()),
    cascade: v.array(v.string()),
    attempt: v.number(),
    /** It is a task of a file: its failure goes to the next profile, which is what such a file's fallbacks promise. */
    fallsThrough: v.boolean(),
    /** Its repo is private: no profile that collects data may see it. */
    private: v.boolean(),
  }),
  assignment: v.object({
    id: v.string(),
    number: v.number(),
    northStar: v.string(),
    artifacts: v.string(),
    decisions: v.string(),
    policy: vPolicy,
  }),
  previous: v.union(
    v.object({ handle: v.string(), type: vJobType, status: vJobStatus, result: v.string() }),
    v.null(),
  ),
  /** The other jobs of the assignment, for PM jobs; empty for others, whose claim must not read their siblings. */
  jobs: v.array(
    v.object({
      handle: v.string(),
      type: vJobType,
      status: vJobStatus,
      title: v.string(),
      summary: v.string(),
    }),
  ),
  reminder: v.boolean(),
  namespace: v.string(),
  /** The lease that now holds, ms since the epoch: an idle session's longer one was shortened by this claim. */
  leaseUntil: v.number(),
  /** Milliseconds after which the session must renew at the latest. */
  renewInMs: v.number(),
});

export const vHeldJob = v.object({
  job: v.string(),
  handle: v.string(),
  namespace: v.string(),
  attempt: v.number(),
});

export const vOrders = v.object({
  alive: v.boolean(),
  drain: v.boolean(),
  cancel: v.array(v.object({ job: v.string(), attempt: v.number() })),
});

export type Fence = Infer<typeof vFence>;
export type AttemptReport = Infer<typeof vAttemptReport>;
export type Outcome = Infer<typeof vOutcome>;
export type Report = Infer<typeof vReport>;
export type ReportAnswer = Infer<typeof vReportAnswer>;
export type Claimed = Infer<typeof vClaimed>;
