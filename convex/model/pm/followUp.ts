/** What the policy of an assignment does when one of its jobs settles: SPEC.md §6. */
import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { block, moveAssignment } from "../assignments/assignmentState.ts";
import { jobsInState, present } from "../shared/find.ts";
import { callPm } from "./pmCall.ts";
import { judgePm } from "./pmVerdict.ts";
import { applyRunRules } from "../runs/runRules.ts";
import { onceRow } from "../shared/rowMemory.ts";
import type { Tx } from "../shared/tx.ts";

/** Runs in the transaction that settles the job, so that a follow-up comes exactly once. */
export async function followUp(tx: Tx, job: Doc<"jobs">, result: string): Promise<void> {
  const assignment = present(await tx.db.get("assignments", job.assignment), "a job's assignment");
  if (isTerminalAssignment(assignment.status)) return;
  switch (assignment.policy) {
    case "pm":
      return afterPmPolicy(tx, assignment, { job, result });
    case "static":
      await applyRunRules(tx, assignment, { job, result });
      return endWhenDone(tx, assignment);
    case "pipeline":
      return afterStage(tx, assignment, job);
    default:
      return assignment.policy satisfies never;
  }
}

async function afterPmPolicy(
  tx: Tx,
  assignment: Doc<"assignments">,
  { job, result }: { job: Doc<"jobs">; result: string },
): Promise<void> {
  const ended = job.status === "complete" || job.status === "failed";
  if (!ended) return blockWhenIdle(tx, assignment, job);
  if (job.type !== "pm") return callPm(tx, assignment, { reviewed: job });
  await judgePm(tx, assignment, { pm: job, answer: result });
  // What the PM has just done changed its assignment's row.
  const now = present(await tx.db.get("assignments", assignment._id), "a job's assignment");
  await blockWhenIdle(tx, now, job);
}

async function afterStage(tx: Tx, assignment: Doc<"assignments">, job: Doc<"jobs">): Promise<void> {
  if (job.status === "failed") {
    return block(
      tx,
      assignment,
      `job ${assignment.number}.${job.number} failed: retry it, or cancel the assignment`,
    );
  }
  if (job.status === "complete") return endWhenDone(tx, assignment);
  return blockWhenIdle(tx, assignment, job);
}

/** Ends an assignment to which nobody adds jobs once none is open. */
async function endWhenDone(tx: Tx, assignment: Doc<"assignments">): Promise<void> {
  if ((await openJob(tx, assignment._id)) !== null) return;
  const failed = await jobsInState(tx, assignment, "failed").first();
  await moveAssignment(tx, assignment, { to: failed === null ? "complete" : "failed" });
}

/** An open assignment without an open job would wait for ever, and keep the turn: it says so instead. */
async function blockWhenIdle(tx: Tx, assignment: Doc<"assignments">, last: Doc<"jobs">): Promise<void> {
  if ((await openJob(tx, assignment._id)) !== null) return;
  await block(
    tx,
    assignment,
    `no job is open since ${assignment.number}.${last.number} is ${last.status}: insert one and set it active, or complete it`,
  );
}

/**
 * Some open job, the one with the highest number: the jobs at the head are claimed and reported all the time, and
 * reading one of them would make concurrent reports conflict. One that was found in this transaction does for all of
 * its reports, as long as it is open.
 */
async function openJob(tx: Tx, assignment: Id<"assignments">): Promise<Doc<"jobs"> | null> {
  const ask = () =>
    tx.db
      .query("jobs")
      .withIndex("by_open", (q) => q.eq("assignment", assignment).eq("open", true))
      .order("desc")
      .first();
  const job = await onceRow(tx, { table: "jobs", key: ["open", assignment] }, ask);
  return job === null || job.open ? job : ask();
}
