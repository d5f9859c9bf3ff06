import type { Id } from "../../_generated/dataModel.js";
import { present } from "../shared/find.ts";
import type { Tx } from "../shared/tx.ts";

/**
 * Writes down that an edge leads on from a job of this assignment: without it, what settles the job would not look for
 * its dependents. Once per assignment, so that the reports of flat queues need not look.
 */
export async function noteDependents(tx: Tx, id: Id<"assignments">): Promise<void> {
  const assignment = present(await tx.db.get("assignments", id), "a job's assignment");
  if (assignment.hasDependents === false) await tx.db.patch("assignments", id, { hasDependents: true });
}
