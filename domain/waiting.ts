/**
 * Why a pending job is not ready. A job is ready when its stored `waitingFor` is empty; each reason is set and
 * cleared by the transaction that changes its cause, so that no query ever scans a backlog to find out.
 */
export const WAIT_REASONS = ["dependencies", "lock", "assignment", "time", "harness"] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** Conditions under which an edge lets its target go on. */
export const EDGE_CONDITIONS = ["complete", "settled", "approved", "prMerged"] as const;
export type EdgeCondition = (typeof EDGE_CONDITIONS)[number];

/** Whether an edge lets its target go on once its source has ended in this state (of a job or an assignment). */
export function conditionMet(condition: EdgeCondition, status: string): boolean {
  switch (condition) {
    case "complete":
      return status === "complete";
    case "settled":
      return true;
    // An approval and a merge are facts of their own: the end of the source says nothing of them.
    case "approved":
    case "prMerged":
      return false;
    default:
      return condition satisfies never;
  }
}
