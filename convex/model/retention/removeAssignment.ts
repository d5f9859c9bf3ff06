import type { Doc, Id } from "../../_generated/dataModel.js";
import { jobsByNumber } from "../shared/find.ts";
import type { Tx } from "../shared/tx.ts";
import { type Budget, CHUNK } from "./budget.ts";
import { isNeeded, removeJob } from "./removeJob.ts";

/** How far the removal of an assignment has come. */
export type Progress =
  /** It is gone, or stays because a job of it is open or needed. */
  | { kind: "done" }
  /** The budget ended; the jobs up to this number have been seen. */
  | { kind: "more"; job: number };

/**
 * Removes an ended assignment with everything of it, job by job.
 * @param after number of the last job that an earlier transaction has seen
 */
export async function removeAssignment(
  tx: Tx,
  assignment: Doc<"assignments">,
  { after, budget }: { after: number; budget: Budget },
): Promise<Progress> {
  const id = assignment._id;
  // The job that asked for the end goes on to its own.
  const open = await tx.db
    .query("jobs")
    .withIndex("by_open", (q) => q.eq("assignment", id).eq("open", true))
    .first();
  if (open !== null) return { kind: "done" };
  let seen = after;
  for (;;) {
    if (budget.left <= 0) return { kind: "more", job: seen };
    const job = await nextJob(tx, assignment, seen);
    if (job === null) break;
    if ((await removeJob(tx, job, budget)) === "unfinished") return { kind: "more", job: seen };
    seen = job.number;
  }
  if ((await nextJob(tx, assignment, -1)) === null) await removeRest(tx, id, budget);
  return { kind: "done" };
}

function nextJob(tx: Tx, assignment: Doc<"assignments">, after: number): Promise<Doc<"jobs"> | null> {
  return jobsByNumber(tx, assignment, after + 1).first();
}

async function removeRest(tx: Tx, assignment: Id<"assignments">, budget: Budget): Promise<void> {
  const edges = await tx.db
    .query("edges")
    .withIndex("by_assignment", (q) => q.eq("fromAssignment", assignment))
    .take(CHUNK);
  for (const edge of edges) {
    if (await isNeeded(tx, edge, assignment)) return;
    await tx.db.delete("edges", edge._id);
  }
  // More than these: the next sweep comes back for the rest.
  if (edges.length === CHUNK) return;
  const [totals, runs, texts] = await Promise.all([
    tx.db
      .query("totals")
      .withIndex("by_assignment", (q) => q.eq("assignment", assignment))
      .take(CHUNK),
    tx.db
      .query("runs")
      .withIndex("by_assignment", (q) => q.eq("assignment", assignment))
      .take(CHUNK),
    tx.db
      .query("assignmentTexts")
      .withIndex("by_assignment", (q) => q.eq("assignment", assignment))
      .take(CHUNK),
  ]);
  for (const { _id } of totals) await tx.db.delete("totals", _id);
  for (const { _id } of runs) await tx.db.delete("runs", _id);
  for (const { _id } of texts) await tx.db.delete("assignmentTexts", _id);
  await tx.db.delete("assignments", assignment);
  budget.left -= edges.length + totals.length + runs.length + texts.length + 1;
}
