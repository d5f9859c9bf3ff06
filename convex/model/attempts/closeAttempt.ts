import { headAndTail } from "../../../domain/text.ts";
import type { Doc } from "../../_generated/dataModel.js";
import type { AttemptReport } from "../shared/workShapes.ts";
import { addToTotals, plus } from "../assignments/totals.ts";
import type { Tx } from "../shared/tx.ts";

/** Bytes of an attempt's detail: a few lines for a person. */
export const MAX_DETAIL_BYTES = 8 * 1024;

/** Writes down how a held attempt ended, and adds what it used to its job and its assignment; gives the job as it is now. */
export async function closeAttempt(
  tx: Tx,
  { job, attempt, session }: { job: Doc<"jobs">; attempt: Doc<"attempts">; session: Doc<"sessions"> },
  { ended, outcome }: { ended: AttemptReport; outcome: string },
): Promise<Doc<"jobs">> {
  const { detail, ...facts } = ended;
  await tx.db.patch("attempts", attempt._id, {
    ...facts,
    ...(detail === undefined ? {} : { detail: headAndTail(detail, MAX_DETAIL_BYTES) }),
    outcome,
  });
  const spent = { profileUsed: ended.profile, ...plus(job, ended) };
  await tx.db.patch("jobs", job._id, spent);
  await addToTotals(tx, { assignment: job.assignment, session: session._id }, ended);
  return { ...job, ...spent };
}
