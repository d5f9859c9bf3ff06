import type { Doc } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";

/** The first start of a job makes its pending assignment active; later ones only know that it is. */
export async function activate(tx: Tx, job: Doc<"jobs">, assignment: Doc<"assignments">): Promise<void> {
  if (!job.activates || assignment.status !== "pending") return;
  await tx.db.patch("assignments", assignment._id, { status: "active" });
}
