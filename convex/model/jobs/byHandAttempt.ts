import type { Doc } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";

/** Closes the attempt of a job that a person drove, and gives the job back to the runners. */
export async function endByHand(
  tx: Tx,
  job: Doc<"jobs">,
  outcome: "complete" | "failed" | "canceled",
): Promise<void> {
  const attempt = await tx.db
    .query("attempts")
    .withIndex("by_number", (q) => q.eq("job", job._id).eq("number", job.attempt))
    .unique();
  if (attempt !== null)
    await tx.db.patch("attempts", attempt._id, { outcome, verdict: outcome, endedAt: tx.now });
  await tx.db.patch("jobs", job._id, { manual: false });
}
