import type { Doc } from "../../_generated/dataModel.js";
import { jobsByNumber } from "../shared/find.ts";
import { nextWaiter } from "./locks.ts";
import { refresh } from "./readiness.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { Tx } from "../shared/tx.ts";

/** One batch of the open jobs that take over their assignment's new priority, in order of their numbers. */
export async function giveNewPriority(tx: Tx, task: TaskOf<"priorities">, budget: number): Promise<Step> {
  const assignment = await tx.db.get("assignments", task.assignment);
  if (assignment === null) return { used: 1 };
  const jobs = await jobsByNumber(tx, assignment, task.from).take(budget);
  for (const job of jobs) if (job.open) await moveTo(tx, job, assignment.priority + job.ownPriority);
  const last = jobs.at(-1);
  if (last === undefined || jobs.length < budget) return { used: jobs.length };
  return { used: jobs.length, rest: { ...task, from: last.number + 1 } };
}

async function moveTo(tx: Tx, job: Doc<"jobs">, priority: number): Promise<void> {
  if (job.priority === priority) return;
  await tx.db.patch("jobs", job._id, { priority });
  if (job.status !== "pending") return;
  await refresh(tx, job._id);
  // As it is now: one before it in the batch, when it became less urgent, may have handed the lock to it.
  const now = await tx.db.get("jobs", job._id);
  if (now?.gate !== "ready" || job.lockKey === undefined) return;
  // The holder may have become less urgent than one that waits for its key.
  const waiter = await nextWaiter(tx, job.namespace, job.lockKey);
  if (waiter !== null) await refresh(tx, waiter._id);
}
