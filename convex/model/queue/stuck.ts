/**
 * Stuck: nothing runs and nothing can move by itself. It is named with its root causes, so that nobody waits for
 * ever. Blocked assignments, and active ones without an open job, are named always: each needs somebody.
 */
import type { Gate } from "../../../domain/gate.ts";
import { jobHandle } from "../../../domain/handle.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { causeOfBlocked, dependencyCauses } from "../jobs/causes.ts";
import { runnerCauses } from "../jobs/causesOfReady.ts";
import { servingRunners } from "../sessions/runners.ts";
import type { Cause } from "../shared/shapes.ts";
import type { Reading } from "../shared/tx.ts";

/** Assignments, and jobs, that are named at most. */
const MAX_NAMED = 20;
/** Jobs at these gates go on without anybody's help. */
const MOVING: readonly Gate[] = ["time", "harness"];

export interface Stuck {
  handle: string;
  causes: Cause[];
}

/** What is stuck in a namespace, with the causes that somebody must remove. */
export async function findStuck(ctx: Reading, { _id, paused }: Doc<"namespaces">): Promise<Stuck[]> {
  const stuck = [...(await blockedOnes(ctx, _id)), ...(await idleOnes(ctx, _id))];
  if (await anythingMoves(ctx, _id)) return stuck;
  const ready = await readyOnes(ctx, _id);
  // A pause is somebody's will, and the queue says that it is paused.
  if (ready.length > 0 && (paused || ready.some(({ causes }) => movesByItself(causes)))) return stuck;
  return [...stuck, ...ready, ...(await dependentOnes(ctx, _id))];
}

/** Nothing is in its way, or something that ends at a known time. */
function movesByItself(causes: readonly Cause[]): boolean {
  return causes.length === 0 || causes.some(({ until }) => until !== undefined);
}

async function blockedOnes(ctx: Reading, namespace: Id<"namespaces">): Promise<Stuck[]> {
  const blocked = await ctx.db
    .query("assignments")
    .withIndex("by_status", (q) => q.eq("namespace", namespace).eq("status", "blocked"))
    .take(MAX_NAMED);
  return blocked.flatMap((assignment) => {
    const cause = causeOfBlocked(assignment);
    return cause === null ? [] : [{ handle: String(assignment.number), causes: [cause] }];
  });
}

/** Active assignments to which nobody adds anything: a person set them active and inserted no job. */
async function idleOnes(ctx: Reading, namespace: Id<"namespaces">): Promise<Stuck[]> {
  const active = await ctx.db
    .query("assignments")
    .withIndex("by_status", (q) => q.eq("namespace", namespace).eq("status", "active"))
    .take(MAX_NAMED);
  const open = await Promise.all(
    active.map(({ _id }) =>
      ctx.db
        .query("jobs")
        .withIndex("by_open", (q) => q.eq("assignment", _id).eq("open", true))
        .order("desc")
        .first(),
    ),
  );
  return active
    .filter((_, i) => open[i] === null)
    .map(({ number }) => ({
      handle: String(number),
      causes: [
        {
          reason: "assignment",
          handle: String(number),
          text: `assignment ${number} is active, but no job of it is open: insert one, or complete it`,
        },
      ],
    }));
}

/** Ready jobs with what keeps every runner from taking them: no causes for a job that one can take. */
async function readyOnes(ctx: Reading, namespace: Id<"namespaces">): Promise<Stuck[]> {
  const ready = await atGate(ctx, namespace, "ready");
  if (ready.length === 0) return [];
  const serving = await servingRunners(ctx, namespace);
  return Promise.all(
    ready.map(async (job) => ({ handle: jobHandle(job), causes: await runnerCauses(ctx, job, serving) })),
  );
}

async function dependentOnes(ctx: Reading, namespace: Id<"namespaces">): Promise<Stuck[]> {
  const waiting = await atGate(ctx, namespace, "dependencies");
  return Promise.all(
    waiting.map(async (job) => ({ handle: jobHandle(job), causes: await dependencyCauses(ctx, job) })),
  );
}

function atGate(ctx: Reading, namespace: Id<"namespaces">, gate: Gate): Promise<Doc<"jobs">[]> {
  return ctx.db
    .query("jobs")
    .withIndex("by_waiting", (q) => q.eq("namespace", namespace).eq("gate", gate))
    .take(MAX_NAMED);
}

async function anythingMoves(ctx: Reading, namespace: Id<"namespaces">): Promise<boolean> {
  const running = await ctx.db
    .query("jobs")
    .withIndex("by_status", (q) => q.eq("namespace", namespace).eq("status", "running"))
    .first();
  if (running !== null) return true;
  for (const gate of MOVING) {
    const job = await ctx.db
      .query("jobs")
      .withIndex("by_waiting", (q) => q.eq("namespace", namespace).eq("gate", gate))
      .first();
    if (job !== null) return true;
  }
  return false;
}
