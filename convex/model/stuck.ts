/**
 * Stuck: nothing runs and nothing can become ready by itself. It is named with its root causes, so that nobody waits
 * for ever. Blocked assignments are named always: each needs somebody.
 */
import type { Gate } from "../../domain/gate.ts";
import { jobHandle } from "../../domain/handle.ts";
import type { Doc, Id } from "../_generated/dataModel.js";
import { causeOfBlocked, dependencyCauses } from "./causes.ts";
import type { Cause } from "./shapes.ts";
import type { Reading } from "./tx.ts";

/** Assignments, and jobs, that are named at most. */
const MAX_NAMED = 20;
/** Jobs at these gates go on without anybody's help. */
const MOVING: readonly Gate[] = ["ready", "time", "harness"];

export interface Stuck {
  handle: string;
  causes: Cause[];
}

/** What is stuck in a namespace, with the causes that somebody must remove. */
export async function findStuck(ctx: Reading, namespace: Doc<"namespaces">): Promise<Stuck[]> {
  const blocked = await ctx.db
    .query("assignments")
    .withIndex("by_status", (q) => q.eq("namespace", namespace._id).eq("status", "blocked"))
    .take(MAX_NAMED);
  const stuck = blocked.flatMap((assignment) => {
    const cause = causeOfBlocked(assignment);
    return cause === null ? [] : [{ handle: String(assignment.number), causes: [cause] }];
  });
  if (await anythingMoves(ctx, namespace._id)) return stuck;
  const waiting = await ctx.db
    .query("jobs")
    .withIndex("by_waiting", (q) => q.eq("namespace", namespace._id).eq("gate", "dependencies"))
    .take(MAX_NAMED);
  const jobs = await Promise.all(
    waiting.map(async (job) => ({ handle: jobHandle(job), causes: await dependencyCauses(ctx, job) })),
  );
  return [...stuck, ...jobs];
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
