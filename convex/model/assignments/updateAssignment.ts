import type { AssignmentState, BlockOwner } from "../../../domain/assignmentState.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { markActed } from "./acted.ts";
import { moveAssignment, refuseIllegal } from "./assignmentState.ts";
import { withTexts } from "./assignmentViews.ts";
import { checkLimits } from "./checkLimits.ts";
import { checkNumber, checkSize, checkText, MAX_PRIORITY } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { assignmentTextsOf, findAssignment, findJob, jobsByNumber, present } from "../shared/find.ts";
import { callPm } from "../pm/pmCall.ts";
import type { AssignmentView } from "../shared/shapes.ts";
import type { ScopedTx, Tx } from "../shared/tx.ts";
import { defined } from "../../../domain/defined.ts";

/** Settled jobs looked at for the last one that is not a PM's. */
const BACK = 16;

type Args = {
  assignment: string;
  status?: AssignmentState;
  reason?: string;
  owner?: BlockOwner;
  artifacts?: string;
  decisions?: string;
  priority?: number;
  limits?: Doc<"assignments">["limits"];
};

/** See `assignments:update`. */
export async function updateAssignment(ctx: ScopedTx, args: Args): Promise<AssignmentView> {
  const assignment = await findAssignment(ctx, args.assignment);
  const by = ctx.caller.agent === undefined ? undefined : await findJob(ctx, ctx.caller.agent.job);
  check(args, by !== undefined);
  if (args.status !== undefined) refuseIllegal(assignment, args.status);
  await writeTexts(ctx, assignment._id, args);
  await writeSettings(ctx, assignment, args);
  if (args.status !== undefined) await move(ctx, assignment, { ...args, status: args.status, by });
  if (by !== undefined && (await hasDecided(ctx, by, args))) await markActed(ctx, by);
  return withTexts(ctx, await fresh(ctx, assignment._id));
}

function check(args: Args, byAgent: boolean): void {
  checkSize(args.artifacts, "artifacts");
  checkSize(args.decisions, "decisions");
  checkNumber(args.priority, "priority", { min: -MAX_PRIORITY, max: MAX_PRIORITY });
  checkLimits(args.limits);
  if (args.status === "pending")
    fail(
      "INVALID",
      "status: an assignment is pending until its first job starts: expected active, blocked, complete, failed or canceled",
    );
  if (args.status === "blocked")
    checkText(args.reason ?? "", "reason (why it is blocked and what must happen)");
  if (byAgent) refuseByAgent(args);
}

/** An agent decides what its work calls for; how urgent and how dear it may be is for people. */
function refuseByAgent({ status, priority, limits }: Args): void {
  if (status !== undefined && status !== "complete" && status !== "blocked") {
    fail("NOT_ALLOWED", `an agent may set its assignment complete or blocked, not ${status}: ask a person`);
  }
  if (priority !== undefined || limits !== undefined) {
    fail("NOT_ALLOWED", "an agent may not change priority or limits of its assignment: ask a person");
  }
}

async function writeTexts(tx: Tx, id: Id<"assignments">, { artifacts, decisions }: Args): Promise<void> {
  if (artifacts === undefined && decisions === undefined) return;
  const texts = await assignmentTextsOf(tx, id);
  await tx.db.patch("assignmentTexts", texts._id, defined({ artifacts, decisions }));
}

async function writeSettings(
  tx: Tx,
  assignment: Doc<"assignments">,
  { priority, limits }: Args,
): Promise<void> {
  if (limits !== undefined) {
    await tx.db.patch("assignments", assignment._id, { limits: { ...assignment.limits, ...limits } });
  }
  if (priority === undefined || priority === assignment.priority) return;
  await tx.db.patch("assignments", assignment._id, { priority });
  tx.tasks.push({ kind: "priorities", assignment: assignment._id, from: 1 });
}

async function move(
  tx: Tx,
  assignment: Doc<"assignments">,
  { status, reason, owner, by }: Args & { status: AssignmentState; by: Doc<"jobs"> | undefined },
): Promise<void> {
  const blocked = { reason: reason ?? "", owner: owner ?? ("human" as const) };
  await moveAssignment(tx, assignment, { to: status, blocked, except: by?._id });
  if (status === "active" && assignment.status === "blocked") await resume(tx, assignment._id);
}

/** A person set a blocked assignment going again: failures so far are forgiven, and an idle one asks its PM. */
async function resume(tx: Tx, id: Id<"assignments">): Promise<void> {
  await tx.db.patch("assignments", id, { failuresSince: tx.now });
  const assignment = await fresh(tx, id);
  if (assignment.policy !== "pm" || (await anyOpen(tx, id))) return;
  const settled = await jobsByNumber(tx, assignment).order("desc").take(BACK);
  const reviewed = settled.find(({ type }) => type !== "pm");
  if (reviewed !== undefined) await callPm(tx, assignment, { reviewed });
}

/** New texts alone decide nothing, unless there is work left that goes on by itself. */
async function hasDecided(tx: Tx, by: Doc<"jobs">, { status }: Args): Promise<boolean> {
  if (status !== undefined) return true;
  const open = await tx.db
    .query("jobs")
    .withIndex("by_open", (q) => q.eq("assignment", by.assignment).eq("open", true))
    .take(2);
  return open.some(({ _id }) => _id !== by._id);
}

async function anyOpen(tx: Tx, id: Id<"assignments">): Promise<boolean> {
  const open = await tx.db
    .query("jobs")
    .withIndex("by_open", (q) => q.eq("assignment", id).eq("open", true))
    .first();
  return open !== null;
}

async function fresh(tx: Tx, id: Id<"assignments">): Promise<Doc<"assignments">> {
  return present(await tx.db.get("assignments", id), "an assignment");
}
