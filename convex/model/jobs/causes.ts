import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import { jobHandle } from "../../../domain/handle.ts";
import { isTerminalJob } from "../../../domain/jobState.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { causesOfReady, harnessCauses } from "./causesOfReady.ts";
import { present } from "../shared/find.ts";
import { lockRow } from "../readiness/locks.ts";
import type { Cause } from "../shared/shapes.ts";
import { turnHolder } from "../readiness/turn.ts";
import type { Reading } from "../shared/tx.ts";

/** Dependencies that one explanation names. */
const MAX_NAMED = 20;

/** Everything that keeps an open job from running now, the first to be cleared first. */
export async function causesOf(
  ctx: Reading,
  job: Doc<"jobs">,
  namespace: Doc<"namespaces">,
): Promise<Cause[]> {
  if (job.status === "awaiting_retry") return harnessCauses(ctx, job);
  if (job.status !== "pending") return [];
  if (job.ready) return causesOfReady(ctx, job, namespace);
  const causes: Cause[] = [];
  for (const reason of job.waitingFor) causes.push(...(await causesFor(ctx, job, reason)));
  if (!job.waitingFor.includes("assignment")) causes.push(...(await blockedCause(ctx, job)));
  return causes;
}

async function causesFor(
  ctx: Reading,
  job: Doc<"jobs">,
  reason: Doc<"jobs">["waitingFor"][number],
): Promise<Cause[]> {
  switch (reason) {
    case "dependencies":
      return dependencyCauses(ctx, job);
    case "time":
      return [
        {
          reason,
          text: "its start time is still to come",
          ...(job.notBefore === undefined ? {} : { until: job.notBefore }),
        },
      ];
    case "assignment":
      return assignmentCauses(ctx, job);
    case "lock":
      return lockCauses(ctx, job);
    case "harness":
      return harnessCauses(ctx, job);
    default:
      return reason satisfies never;
  }
}

/** What a job waits for; what can never be met says so, and stands first. */
export async function dependencyCauses(ctx: Reading, job: Doc<"jobs">): Promise<Cause[]> {
  const edges = await ctx.db
    .query("edges")
    .withIndex("by_target", (q) => q.eq("to", job._id).eq("satisfied", false))
    .take(MAX_NAMED);
  const causes = await Promise.all(edges.map((edge) => dependencyCause(ctx, edge)));
  return causes.sort((a, b) => Number(b.dead) - Number(a.dead)).map(({ cause }) => cause);
}

async function dependencyCause(ctx: Reading, edge: Doc<"edges">): Promise<{ cause: Cause; dead: boolean }> {
  const { handle, status, dead } = await sourceOf(ctx, edge);
  const text = dead
    ? `waits for ${handle}, which is ${status} and will not become complete by itself: retry it, or insert a job after it`
    : `waits for ${handle}, which is ${status}`;
  return { dead, cause: { reason: "dependencies", handle, text } };
}

async function sourceOf(ctx: Reading, { fromJob, fromAssignment }: Doc<"edges">) {
  if (fromJob !== undefined) {
    const job = present(await ctx.db.get("jobs", fromJob), "the source of an edge");
    return { handle: jobHandle(job), status: job.status, dead: isTerminalJob(job.status) };
  }
  const source = fromAssignment === undefined ? null : await ctx.db.get("assignments", fromAssignment);
  const { number, status } = present(source, "the source of an edge");
  return { handle: String(number), status, dead: isTerminalAssignment(status) };
}

async function assignmentCauses(ctx: Reading, job: Doc<"jobs">): Promise<Cause[]> {
  const blocked = await blockedCause(ctx, job);
  if (blocked.length > 0) return blocked;
  const holder = await turnHolder(ctx, job.namespace);
  if (holder === null) return [{ reason: "assignment", text: "its assignment is about to get the turn" }];
  return [
    {
      reason: "assignment",
      handle: String(holder.number),
      text: `assignment ${holder.number} has the turn: assignments that are not independent are worked on one at a time`,
    },
  ];
}

async function blockedCause(ctx: Reading, job: Doc<"jobs">): Promise<Cause[]> {
  const assignment = present(await ctx.db.get("assignments", job.assignment), "a job's assignment");
  const cause = causeOfBlocked(assignment);
  if (cause !== null) return [cause];
  if (!isTerminalAssignment(assignment.status)) return [];
  return [
    {
      reason: "assignment",
      handle: String(assignment.number),
      text: `assignment ${assignment.number} is ${assignment.status}`,
    },
  ];
}

/** Why an assignment is blocked and who must act; null when it is not. */
export function causeOfBlocked({ number, status, blocked }: Doc<"assignments">): Cause | null {
  if (status !== "blocked") return null;
  const why = blocked === undefined ? "" : ` (${blocked.owner} must act): ${blocked.reason}`;
  return { reason: "assignment", handle: String(number), text: `assignment ${number} is blocked${why}` };
}

async function lockCauses(ctx: Reading, job: Doc<"jobs">): Promise<Cause[]> {
  const row = job.lockKey === undefined ? null : await lockRow(ctx, job.namespace, job.lockKey);
  const holder = row === null ? null : await ctx.db.get("jobs", row.job);
  if (holder === null) return [{ reason: "lock", text: `waits for the lock ${job.lockKey ?? ""}` }];
  const handle = jobHandle(holder);
  return [
    {
      reason: "lock",
      handle,
      text: `${handle}, which is ${holder.status}, has the lock ${JSON.stringify(job.lockKey)}`,
    },
  ];
}
