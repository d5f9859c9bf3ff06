import type { AssignmentState } from "../../../domain/assignmentState.ts";
import { MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { checkNames, pageSize } from "../shared/checks.ts";
import { assignmentTextsOf, findAssignment, jobsByNumber } from "../shared/find.ts";
import { toJob } from "../shared/jobView.ts";
import type { AssignmentView } from "../shared/shapes.ts";
import { sumTotals } from "./totals.ts";
import type { Reading, ScopedReading } from "../shared/tx.ts";

/** See `assignments:list`. */
export async function listAssignments(
  ctx: ScopedReading,
  { status, limit }: { status?: AssignmentState; limit?: number },
): Promise<AssignmentView[]> {
  const assignments = ctx.db.query("assignments");
  const range =
    status === undefined
      ? assignments.withIndex("by_number", (q) => q.eq("namespace", ctx.namespace._id))
      : assignments.withIndex("by_status", (q) => q.eq("namespace", ctx.namespace._id).eq("status", status));
  return (await range.order("desc").take(pageSize(limit, MAX_PAGE))).map(withoutTexts);
}

/** See `assignments:byKeys`. */
export async function assignmentsByKeys(
  ctx: ScopedReading,
  { keys }: { keys: string[] },
): Promise<AssignmentView[]> {
  checkNames(keys, "keys", MAX_PAGE);
  const rows = await Promise.all(keys.map((key) => assignmentByKey(ctx, key)));
  return rows.filter((row) => row !== null).map(withoutTexts);
}

/** The assignment of this key, if one was created under it. */
export function assignmentByKey(
  { db, namespace }: ScopedReading,
  key: string,
): Promise<Doc<"assignments"> | null> {
  return db
    .query("assignments")
    .withIndex("by_key", (q) => q.eq("namespace", namespace._id).eq("key", key))
    .first();
}

/** See `assignments:get`. */
export async function getAssignment(ctx: ScopedReading, args: { assignment: string }) {
  const assignment = await findAssignment(ctx, args.assignment);
  const jobs = await jobsByNumber(ctx, assignment).order("desc").take(MAX_PAGE);
  return {
    assignment: await withTexts(ctx, assignment),
    jobs: jobs.reverse().map(toJob),
    totals: await sumTotals(ctx, assignment._id),
  };
}

/** An assignment with its whole texts. */
export async function withTexts(ctx: Reading, row: Doc<"assignments">): Promise<AssignmentView> {
  const { northStar, artifacts, decisions } = await assignmentTextsOf(ctx, row._id);
  return { ...withoutTexts(row), northStar, artifacts, decisions };
}

function withoutTexts(row: Doc<"assignments">): AssignmentView {
  const {
    _id,
    _creationTime,
    namespace: _namespace,
    wantsTurn: _wants,
    hasDependents: _hasDependents,
    failuresSince: _since,
    ...shown
  } = row;
  return { ...shown, id: _id, handle: String(row.number), northStar: row.title, createdAt: _creationTime };
}
