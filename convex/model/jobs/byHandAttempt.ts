import type { Doc } from "../../_generated/dataModel.js";
import { attemptOf } from "../shared/attemptOf.ts";
import type { Tx } from "../shared/tx.ts";

/** Closes the attempt of a job that a person drove, and gives the job back to the runners. */
export async function endByHand(
  tx: Tx,
  job: Doc<"jobs">,
  outcome: "complete" | "failed" | "canceled",
): Promise<void> {
  const attempt = await attemptOf(tx, job);
  if (attempt !== null)
    await tx.db.patch("attempts", attempt._id, { outcome, verdict: outcome, endedAt: tx.now });
  await tx.db.patch("jobs", job._id, { manual: false });
}
