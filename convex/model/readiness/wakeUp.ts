import { firstStage } from "../../../domain/gate.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { refresh } from "./readiness.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { Tx } from "../shared/tx.ts";

/** The time of a job has come: its start time, or another try after its cascade was limited. */
export async function becomeDue(tx: Tx, { job: id, at }: { job: Id<"jobs">; at: number }): Promise<void> {
  const job = await tx.db.get("jobs", id);
  if (job?.status === "awaiting_retry" && job.retryAt === at) return unpark(tx, job);
  // A timer may fire a moment early by this transaction's clock; `at` is the promise that the time has come.
  if (
    job?.status === "pending" &&
    job.notBefore === at &&
    firstStage(job, at).length < job.waitingFor.length
  ) {
    await refresh({ ...tx, now: Math.max(tx.now, at) }, id);
  }
}

/** Makes a parked job pending again; whether it is ready is found out anew. */
export async function unpark(tx: Tx, job: Doc<"jobs">): Promise<void> {
  await tx.db.patch("jobs", job._id, { status: "pending", gate: "none", waitingFor: [], retryAt: undefined });
  await refresh(tx, job._id);
}

/** One batch of the parked jobs of a namespace whose cascade names a profile that was cleared. */
export async function wakeParked(tx: Tx, task: TaskOf<"wake">, budget: number): Promise<Step> {
  const parked = await parkedAfter(tx, task, budget);
  for (const job of parked) {
    if (task.profile === undefined || job.cascade.includes(task.profile)) await unpark(tx, job);
  }
  const last = parked.at(-1);
  if (last === undefined) return { used: 1 };
  const { assignmentNumber, number } = last;
  return { used: parked.length, rest: { ...task, after: { assignmentNumber, number } } };
}

/** The next jobs in the order of handles; a page may end where an assignment does. */
async function parkedAfter(
  tx: Tx,
  { namespace, after }: TaskOf<"wake">,
  most: number,
): Promise<Doc<"jobs">[]> {
  const parked = () => tx.db.query("jobs");
  const sameAssignment = await parked()
    .withIndex("by_status", (q) =>
      q
        .eq("namespace", namespace)
        .eq("status", "awaiting_retry")
        .eq("assignmentNumber", after.assignmentNumber)
        .gt("number", after.number),
    )
    .take(most);
  if (sameAssignment.length > 0) return sameAssignment;
  return parked()
    .withIndex("by_status", (q) =>
      q
        .eq("namespace", namespace)
        .eq("status", "awaiting_retry")
        .gt("assignmentNumber", after.assignmentNumber),
    )
    .take(most);
}
