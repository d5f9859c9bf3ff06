import { gateOf } from "../../../domain/gate.ts";
import type { WaitReason } from "../../../domain/waiting.ts";
import type { Doc } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";

/** Stores why a pending job waits; an empty list makes it ready. Writes nothing when that is known already. */
export async function setGate(tx: Tx, job: Doc<"jobs">, waitingFor: WaitReason[]): Promise<void> {
  if (job.status === "pending" && job.gate !== "none" && same(job.waitingFor, waitingFor)) return;
  const gate = gateOf(waitingFor);
  await tx.db.patch("jobs", job._id, { waitingFor, gate, ready: gate === "ready" });
}

function same(a: readonly WaitReason[], b: readonly WaitReason[]): boolean {
  return a.length === b.length && a.every((reason, i) => reason === b[i]);
}
