/** Calling the PM: one PM job for a settled job, or one reminder for a PM that gave no decision. SPEC.md §6. */
import { limitReached, tooManyJobs } from "../../../domain/limitRule.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { block } from "../assignments/assignmentState.ts";
import { present } from "../shared/find.ts";
import { lastNumber, limitsOf, spentBy } from "../assignments/spent.ts";
import type { Tx } from "../shared/tx.ts";
import { writeJob } from "../insert/writeJob.ts";

export interface Call {
  /** The job whose result the PM looks at. */
  reviewed: Doc<"jobs">;
  /** The PM job that gave no decision, and why. */
  reminderOf?: { pm: Doc<"jobs">; why: string };
}

/** Inserts the PM job, or blocks the assignment with a reason when one of its limits is reached. */
export async function callPm(tx: Tx, assignment: Doc<"assignments">, call: Call): Promise<void> {
  const namespace = present(await tx.db.get("namespaces", assignment.namespace), "a namespace");
  const limits = limitsOf(assignment, namespace);
  const jobs = await lastNumber(tx, assignment);
  const reason = tooManyJobs(limits, jobs, 1) ?? limitReached(limits, await spentBy(tx, assignment, jobs));
  if (reason !== null) return block(tx, assignment, reason);
  const { reviewed, reminderOf } = call;
  const id = await writeJob(
    tx,
    { assignment, namespace, number: jobs + 1 },
    {
      type: "pm",
      title: `${reminderOf === undefined ? "PM" : "PM reminder"} for ${assignment.number}.${reviewed.number}`,
      context: contextFor(assignment, call),
      ownPriority: reviewed.ownPriority,
      reviews: reviewed._id,
      reminder: reminderOf !== undefined,
      ...(reviewed.repo === undefined ? {} : { repo: reviewed.repo }),
      pool: reviewed.pool,
    },
  );
  await tx.db.patch("jobs", (reminderOf?.pm ?? reviewed)._id, { followedBy: id });
}

function contextFor(assignment: Doc<"assignments">, { reviewed, reminderOf }: Call): string {
  const job = `job ${assignment.number}.${reviewed.number} (${reviewed.type})`;
  const how = reviewed.status === "failed" ? `failed: ${reviewed.error ?? "no reason given"}` : "is complete";
  const task = `The ${job} ${how}. Decide what comes next: insert jobs, complete the assignment, or block it with a reason.`;
  if (reminderOf === undefined) return task;
  return `${task}\n\nThis is a reminder, and the last one: ${reminderOf.why}. Without a decision now the assignment is blocked.`;
}
