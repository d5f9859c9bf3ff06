/** Values that more than one table holds. */
import { literals } from "convex-helpers/validators";
import { v } from "convex/values";
import { BLOCK_OWNERS } from "../../domain/assignmentState.ts";

/** Tokens used, in the one meaning that the harness adapters translate into. */
export const vUsage = v.object({
  input: v.number(),
  cached: v.number(),
  output: v.number(),
  reasoning: v.number(),
});

export const vLimits = v.object({
  maxJobs: v.optional(v.number()),
  maxConsecutiveFailures: v.optional(v.number()),
  maxCostUsd: v.optional(v.number()),
  maxTokens: v.optional(v.number()),
});

/** How long what is over is kept: domain/retention.ts. */
export const vRetention = v.object({
  finishedDays: v.optional(v.number()),
  finishedAssignments: v.optional(v.number()),
});

export const vBlocked = v.object({ reason: v.string(), owner: literals(...BLOCK_OWNERS) });

/** Who reviews what a task of a run has done. */
export const vReviewRule = v.object({
  /** Tried in order; the first that did not do the work itself reviews. One alone reviews its own work too. */
  profiles: v.array(v.string()),
  /** Only what a fallback finished. */
  fallbackOnly: v.boolean(),
  timeoutMs: v.number(),
});
