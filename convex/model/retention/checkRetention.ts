import type { Retention } from "../../../domain/retention.ts";
import { checkNumber } from "../shared/checks.ts";

const MAX_DAYS = 36_500;
const MAX_ASSIGNMENTS = 1_000_000_000;

/** Days may be a fraction; one assignment at least is kept, because the next number is counted from it. */
export function checkRetention(retention: Retention | undefined): void {
  if (retention === undefined) return;
  checkNumber(retention.finishedDays, "retention.finishedDays", { min: 0, max: MAX_DAYS, whole: false });
  checkNumber(retention.finishedAssignments, "retention.finishedAssignments", {
    min: 1,
    max: MAX_ASSIGNMENTS,
  });
}
