import type { Doc } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";

/** Writes down that a PM has acted through the CLI: its answer is not asked for a decision then. */
export async function markActed(tx: Tx, by: Doc<"jobs">): Promise<void> {
  if (by.type === "pm" && !by.acted) await tx.db.patch("jobs", by._id, { acted: true });
}
