import type { Gate } from "../../../domain/gate.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { isOpenAssignment, refresh } from "../readiness/readiness.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { Tx } from "../shared/tx.ts";

/** One batch of the jobs whose gate the state of their assignment moves. Each leaves the range it is found in. */
export async function closeOrOpen(tx: Tx, task: TaskOf<"gates">, budget: number): Promise<Step> {
  const assignment = await tx.db.get("assignments", task.assignment);
  if (assignment === null) return { used: 1 };
  // Waiters close before holders: a holder that closes first would hand its lock to one that is about to close.
  const gates: Gate[] = isOpenAssignment(assignment) ? ["assignment"] : ["lock", "ready"];
  const jobs: Doc<"jobs">[] = [];
  for (const gate of gates)
    jobs.push(...(await atGate(tx, task.assignment, { gate, most: budget - jobs.length })));
  for (const [i, job] of jobs.entries()) {
    const reasons = await refresh(tx, job._id);
    // Without the turn none of the others comes further either; they are called when the turn comes.
    if (job.gate === "assignment" && reasons?.[0] === "assignment") return { used: i + 1 };
  }
  return { used: jobs.length, ...(jobs.length === budget ? { rest: task } : {}) };
}

async function atGate(
  tx: Tx,
  assignment: Id<"assignments">,
  { gate, most }: { gate: Gate; most: number },
): Promise<Doc<"jobs">[]> {
  if (most <= 0) return [];
  return tx.db
    .query("jobs")
    .withIndex("by_gate", (q) => q.eq("assignment", assignment).eq("gate", gate))
    .take(most);
}
