import type { Doc } from "../../_generated/dataModel.js";
import type { Reading } from "./tx.ts";

/** The attempt of a job under a number, its present one unless told; null when there is none. */
export async function attemptOf(
  ctx: Reading,
  job: Doc<"jobs">,
  number = job.attempt,
): Promise<Doc<"attempts"> | null> {
  // The row of the present attempt is at hand; earlier ones, and those of older data, are looked for.
  if (job.attemptRow !== undefined && number === job.attempt) {
    const row = await ctx.db.get("attempts", job.attemptRow);
    if (row?.number === number) return row;
  }
  return ctx.db
    .query("attempts")
    .withIndex("by_number", (q) => q.eq("job", job._id).eq("number", number))
    .unique();
}
