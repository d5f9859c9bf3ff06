/**
 * Readiness is a stored fact, kept true by the transaction that changes its cause: whatever changes one calls
 * `refresh` for the jobs concerned. SPEC.md §4.
 */
import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import { firstStage } from "../../../domain/gate.ts";
import type { WaitReason } from "../../../domain/waiting.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { setGate } from "./setGate.ts";
import { releaseLock, takeLock } from "./locks.ts";
import { askForTurn } from "./turn.ts";
import type { Tx } from "../shared/tx.ts";

/** Finds out anew why a pending job waits, and stores it. Gives its gate's reasons; null when it is not pending. */
export async function refresh(tx: Tx, id: Id<"jobs">): Promise<WaitReason[] | null> {
  const job = await tx.db.get("jobs", id);
  if (job?.status !== "pending") return null;
  const reasons = await reasonsBeforeLock(tx, job);
  if (reasons.length === 0 && !(await takeLock(tx, job))) reasons.push("lock");
  await setGate(tx, job, reasons);
  // Only after the job has left its gate, or its own row would be the most urgent waiter.
  if (reasons.length > 0 && job.gate === "ready") await releaseLock(tx, job);
  return reasons;
}

/** Why a pending job waits, its lock apart. */
export async function reasonsBeforeLock(tx: Tx, job: Waiting): Promise<WaitReason[]> {
  const first = firstStage(job, tx.now);
  if (first.length > 0) return first;
  return (await assignmentLets(tx, job.assignment)) ? [] : ["assignment"];
}

type Waiting = Parameters<typeof firstStage>[0] & Pick<Doc<"jobs">, "assignment">;

async function assignmentLets(tx: Tx, id: Id<"assignments">): Promise<boolean> {
  const assignment = await tx.db.get("assignments", id);
  if (assignment === null || !isOpenAssignment(assignment)) return false;
  return assignment.independent || assignment.hasTurn || askForTurn(tx, assignment);
}

/** True while jobs of the assignment may run. */
export function isOpenAssignment({ status }: Doc<"assignments">): boolean {
  return status !== "blocked" && !isTerminalAssignment(status);
}
