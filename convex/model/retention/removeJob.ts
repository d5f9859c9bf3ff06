import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { longTexts } from "../shared/jobTexts.ts";
import type { Tx } from "../shared/tx.ts";
import { type Budget, CHUNK } from "./budget.ts";

/** Bytes of a job's texts that count as one row of the budget. */
const TEXT_BYTES_PER_ROW = 8 * 1024;
/** A job row stands in more than a dozen indexes. */
const JOB_ROWS = 10;

export type Removal = "removed" | "needed" | "unfinished";

/**
 * Removes a settled job with its events, attempts, edges, approvals and texts. What others point to goes last and at
 * once, so that nobody meets half a job.
 * @returns "needed" when a dependent in another assignment still has to look at it, "unfinished" when the budget ended
 */
export async function removeJob(tx: Tx, job: Doc<"jobs">, budget: Budget): Promise<Removal> {
  const outgoing = await removeOutgoing(tx, job, budget);
  if (outgoing !== "removed") return outgoing;
  for (const remove of belongings(tx, job._id)) {
    if (!(await removeAll(remove, budget))) return "unfinished";
  }
  const texts = await longTexts(tx, job);
  if (texts !== null) {
    await tx.db.delete("jobTexts", texts._id);
    budget.left -= Math.ceil((texts.context.length + (texts.result?.length ?? 0)) / TEXT_BYTES_PER_ROW);
  }
  await tx.db.delete("jobs", job._id);
  budget.left -= JOB_ROWS;
  return "removed";
}

/** Deletes some rows of one kind; gives how many. */
type Removing = () => Promise<number>;

function belongings({ db }: Tx, job: Id<"jobs">): Removing[] {
  return [
    async () => {
      const rows = await db
        .query("events")
        .withIndex("by_ordinal", (q) => q.eq("job", job))
        .take(CHUNK);
      for (const { _id } of rows) await db.delete("events", _id);
      return rows.length;
    },
    async () => {
      const rows = await db
        .query("attempts")
        .withIndex("by_number", (q) => q.eq("job", job))
        .take(CHUNK);
      for (const { _id } of rows) await db.delete("attempts", _id);
      return rows.length;
    },
    async () => {
      const rows = await db
        .query("edges")
        .withIndex("by_target", (q) => q.eq("to", job))
        .take(CHUNK);
      for (const { _id } of rows) await db.delete("edges", _id);
      return rows.length;
    },
    async () => {
      const rows = await db
        .query("approvals")
        .withIndex("by_job", (q) => q.eq("job", job))
        .take(CHUNK);
      for (const { _id } of rows) await db.delete("approvals", _id);
      return rows.length;
    },
  ];
}

async function removeAll(remove: Removing, budget: Budget): Promise<boolean> {
  while (budget.left > 0) {
    const removed = await remove();
    budget.left -= removed;
    if (removed < CHUNK) return true;
  }
  return false;
}

/** Removes the edges that lead on from a job, unless somebody outside of its assignment needs one. */
async function removeOutgoing(tx: Tx, job: Doc<"jobs">, budget: Budget): Promise<Removal> {
  while (budget.left > 0) {
    const edges = await tx.db
      .query("edges")
      .withIndex("by_job", (q) => q.eq("fromJob", job._id))
      .take(CHUNK);
    for (const edge of edges) {
      if (await isNeeded(tx, edge, job.assignment)) return "needed";
      await tx.db.delete("edges", edge._id);
      budget.left -= 2;
    }
    if (edges.length < CHUNK) return "removed";
  }
  return "unfinished";
}

/**
 * Whether the target of an edge still counts on it: it is open, may become so again with its assignment, or records
 * that it was never satisfied, which a retry must find.
 */
export async function isNeeded(tx: Tx, edge: Doc<"edges">, from: Id<"assignments">): Promise<boolean> {
  const target = await tx.db.get("jobs", edge.to);
  if (target === null || target.assignment === from) return false;
  if (target.open || !edge.satisfied) return true;
  const assignment = await tx.db.get("assignments", target.assignment);
  return assignment !== null && !isTerminalAssignment(assignment.status);
}
