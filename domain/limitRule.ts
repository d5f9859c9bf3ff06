/** The limits of an assignment: they stop a PM that would insert for ever. SPEC.md §6. */
import type { Policy } from "./assignmentState.ts";
import { DEFAULT_MAX_CONSECUTIVE_FAILURES, DEFAULT_MAX_JOBS } from "./limits.ts";

/** Jobs of an assignment to which nobody adds by itself: only a person's task file is that long. */
export const DEFAULT_MAX_JOBS_STATIC = 10_000;

export interface Limits {
  maxJobs?: number | undefined;
  maxConsecutiveFailures?: number | undefined;
  maxCostUsd?: number | undefined;
  maxTokens?: number | undefined;
}

/** What an assignment has used so far. */
export interface Spent {
  /** Jobs, PM jobs included. */
  jobs: number;
  /** Failed jobs since the last one that succeeded, PM jobs left out. */
  failuresInARow: number;
  costUsd: number;
  tokens: number;
}

/** The limits in force: the assignment's own, else its namespace's, else the defaults of its policy. */
export function effectiveLimits(
  policy: Policy,
  own: Limits,
  namespace: Limits,
): Limits & { maxJobs: number } {
  const defaults = {
    maxJobs: policy === "pm" ? DEFAULT_MAX_JOBS : DEFAULT_MAX_JOBS_STATIC,
    maxConsecutiveFailures: policy === "pm" ? DEFAULT_MAX_CONSECUTIVE_FAILURES : undefined,
  };
  return {
    maxJobs: own.maxJobs ?? namespace.maxJobs ?? defaults.maxJobs,
    maxConsecutiveFailures:
      own.maxConsecutiveFailures ?? namespace.maxConsecutiveFailures ?? defaults.maxConsecutiveFailures,
    maxCostUsd: own.maxCostUsd ?? namespace.maxCostUsd,
    maxTokens: own.maxTokens ?? namespace.maxTokens,
  };
}

/** The reason why `more` further jobs are too many, or null. */
export function tooManyJobs(limits: { maxJobs: number }, jobs: number, more: number): string | null {
  if (jobs + more <= limits.maxJobs) return null;
  return `the limit of ${limits.maxJobs} jobs is reached (it has ${jobs}, and ${more} more would come): complete it, or raise maxJobs`;
}

/** The first limit that is reached, as a sentence, or null. */
export function limitReached(limits: Limits, spent: Spent): string | null {
  const { maxConsecutiveFailures: failures, maxCostUsd: cost, maxTokens: tokens } = limits;
  if (failures !== undefined && spent.failuresInARow >= failures) {
    return `${spent.failuresInARow} jobs failed in a row (limit ${failures}): look at them, then set it active again`;
  }
  if (cost !== undefined && spent.costUsd >= cost) {
    return `it has cost ${spent.costUsd.toFixed(2)} US dollars (limit ${cost}): raise maxCostUsd or complete it`;
  }
  if (tokens !== undefined && spent.tokens >= tokens) {
    return `it has used ${spent.tokens} tokens (limit ${tokens}): raise maxTokens or complete it`;
  }
  return null;
}
