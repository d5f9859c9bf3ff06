import type { Doc } from "../../_generated/dataModel.js";
import type { Reading } from "../shared/tx.ts";

/** The job that tries a profile alone after its limit: only while that attempt runs; then the next claim is the probe. */
export async function probingJob(ctx: Reading, { probe }: Doc<"harnessHealth">): Promise<Doc<"jobs"> | null> {
  if (probe === undefined) return null;
  const job = await ctx.db.get("jobs", probe.job);
  return job?.status === "running" && job.attempt === probe.attempt ? job : null;
}
