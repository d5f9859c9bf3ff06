import type { Limits } from "../../../domain/limitRule.ts";
import { checkNumber } from "../shared/checks.ts";

const MAX = 1_000_000_000_000;

/** Limits are numbers above 0; cost may be a fraction of a dollar. */
export function checkLimits(limits: Limits | undefined): void {
  if (limits === undefined) return;
  checkNumber(limits.maxJobs, "limits.maxJobs", { min: 1, max: MAX });
  checkNumber(limits.maxConsecutiveFailures, "limits.maxConsecutiveFailures", { min: 1, max: MAX });
  checkNumber(limits.maxTokens, "limits.maxTokens", { min: 1, max: MAX });
  checkNumber(limits.maxCostUsd, "limits.maxCostUsd", { min: 0, max: MAX, whole: false });
}
