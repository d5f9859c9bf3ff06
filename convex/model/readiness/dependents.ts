/** Telling dependents how what they waited for ended. Runs in batches; see fanOut.ts. */
import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import { jobHandle } from "../../../domain/handle.ts";
import { isTerminalJob } from "../../../domain/jobState.ts";
import { conditionMet } from "../../../domain/waiting.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { block } from "../assignments/assignmentState.ts";
import { present } from "../shared/find.ts";
import { noteDependents } from "./noteDependents.ts";
import { refresh } from "./readiness.ts";
import { settle } from "../attempts/settle.ts";
import type { Step, TaskOf } from "../shared/task.ts";
import type { Tx } from "../shared/tx.ts";

/** One batch of the dependents of a settled job. */
export async function jobSettled(tx: Tx, task: TaskOf<"jobSettled">, budget: number): Promise<Step> {
  const job = await tx.db.get("jobs", task.job);
  // Retried in the meantime: its dependents will be told when it settles again.
  if (job === null || !isTerminalJob(job.status) || !(await mayHaveDependents(tx, job))) return { used: 1 };
  const edges = await tx.db
    .query("edges")
    .withIndex("by_job", (q) => q.eq("fromJob", task.job).eq("told", false))
    .take(budget);
  if (edges.length === 0) return { used: 1 };
  const keeper = await openFollowUp(tx, job);
  for (const edge of edges) await tell(tx, edge, { status: job.status, handle: jobHandle(job), keeper });
  return { used: edges.length, ...(edges.length === budget ? { rest: task } : {}) };
}

async function mayHaveDependents(tx: Tx, job: Doc<"jobs">): Promise<boolean> {
  return (await tx.db.get("assignments", job.assignment))?.hasDependents !== false;
}

/** One batch of the dependents of an assignment that ended. */
export async function assignmentEnded(
  tx: Tx,
  task: TaskOf<"assignmentEnded">,
  budget: number,
): Promise<Step> {
  const assignment = await tx.db.get("assignments", task.assignment);
  if (assignment === null || !isTerminalAssignment(assignment.status)) return { used: 1 };
  const edges = await tx.db
    .query("edges")
    .withIndex("by_assignment", (q) => q.eq("fromAssignment", assignment._id).eq("told", false))
    .take(budget);
  const source = { status: assignment.status, handle: `assignment ${assignment.number}`, keeper: null };
  for (const edge of edges) await tell(tx, edge, source);
  return { used: edges.length, ...(edges.length === budget ? { rest: task } : {}) };
}

interface Source {
  status: string;
  handle: string;
  /** The PM job that answers for the source: successors in its assignment wait for it as well. */
  keeper: Doc<"jobs"> | null;
}

async function tell(tx: Tx, edge: Doc<"edges">, source: Source): Promise<void> {
  const met = conditionMet(edge.condition, source.status);
  await tx.db.patch("edges", edge._id, { told: true, satisfied: met });
  const target = present(await tx.db.get("jobs", edge.to), "the target of an edge");
  if (!met) return drop(tx, target, source);
  if (mustWaitFor(target, source.keeper)) {
    await noteDependents(tx, source.keeper.assignment);
    // One edge for another: the count of what it waits for stays.
    await tx.db.insert("edges", {
      namespace: target.namespace,
      fromJob: source.keeper._id,
      to: target._id,
      condition: "settled",
      satisfied: false,
      told: false,
    });
    return;
  }
  await tx.db.patch("jobs", target._id, { unmetDeps: target.unmetDeps - 1 });
  await refresh(tx, target._id);
}

/** A type guard on the keeper, so that the caller need not ask twice. */
function mustWaitFor(target: Doc<"jobs">, keeper: Doc<"jobs"> | null): keeper is Doc<"jobs"> {
  return (
    keeper !== null &&
    target.status === "pending" &&
    target.assignment === keeper.assignment &&
    target._id !== keeper._id
  );
}

async function openFollowUp(tx: Tx, job: Doc<"jobs">): Promise<Doc<"jobs"> | null> {
  if (job.followedBy === undefined) return null;
  const follower = await tx.db.get("jobs", job.followedBy);
  return follower?.open === true ? follower : null;
}

/** What becomes of a job whose dependency can no longer be met: the policy of its own assignment says. */
async function drop(tx: Tx, target: Doc<"jobs">, { handle, status }: Source): Promise<void> {
  if (!target.open || target.status === "running") return;
  const assignment = present(await tx.db.get("assignments", target.assignment), "a job's assignment");
  const text = `${handle}, which it waits for, is ${status}`;
  switch (assignment.policy) {
    case "static":
      return settle(tx, target, { status: "skipped", error: `skipped: ${text}` });
    case "pipeline":
      return block(tx, assignment, `job ${jobHandle(target)} cannot go on: ${text}`);
    case "pm":
      return; // It stays pending: the PM decides.
    default:
      return assignment.policy satisfies never;
  }
}
