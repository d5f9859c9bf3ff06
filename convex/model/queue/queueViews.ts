import { ASSIGNMENT_STATES } from "../../../domain/assignmentState.ts";
import type { Gate } from "../../../domain/gate.ts";
import { JOB_STATES } from "../../../domain/jobState.ts";
import { MAX_COUNT, MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { toJob } from "../shared/jobView.ts";
import { servingRunners } from "../sessions/runners.ts";
import { findStuck } from "./stuck.ts";
import { turnHolder } from "../readiness/turn.ts";
import type { ScopedReading } from "../shared/tx.ts";

/** Settled jobs that a live screen shows. */
const MAX_RECENT = 20;
const WAITING: readonly Gate[] = ["dependencies", "time", "assignment", "lock", "harness"];

/** See `scheduler:watchQueue`. */
export async function watch(ctx: ScopedReading) {
  const { db, namespace } = ctx;
  const recent = await db
    .query("jobs")
    .withIndex("by_recent", (q) => q.eq("namespace", namespace._id).gt("settledAt", 0))
    .order("desc")
    .take(MAX_RECENT);
  let waiting = 0;
  for (const gate of WAITING) waiting += await atGate(ctx, gate);
  const runners = await servingRunners(ctx, namespace._id);
  return {
    paused: namespace.paused,
    running: (await runningJobs(ctx)).map(toJob),
    ready: await atGate(ctx, "ready"),
    waiting,
    recent: recent.map(toJob),
    runners: runners.filter(({ session }) => session !== null).length,
    stuck: await findStuck(ctx, namespace),
  };
}

/** See `scheduler:queueStatus`. */
export async function statusOfQueue(ctx: ScopedReading) {
  const { db, namespace } = ctx;
  const assignments: Record<string, number> = {};
  for (const status of ASSIGNMENT_STATES) {
    const rows = await db
      .query("assignments")
      .withIndex("by_status", (q) => q.eq("namespace", namespace._id).eq("status", status))
      .take(MAX_COUNT);
    assignments[status] = rows.length;
  }
  const jobs: Record<string, number> = {};
  for (const status of JOB_STATES) {
    const rows = await db
      .query("jobs")
      .withIndex("by_status", (q) => q.eq("namespace", namespace._id).eq("status", status))
      .take(MAX_COUNT);
    jobs[status] = rows.length;
  }
  return {
    namespace: namespace.name,
    paused: namespace.paused,
    assignments,
    jobs,
    running: (await runningJobs(ctx)).map(toJob),
    serialActive: (await turnHolder(ctx, namespace._id)) !== null,
    stuck: await findStuck(ctx, namespace),
  };
}

function runningJobs({ db, namespace }: ScopedReading): Promise<Doc<"jobs">[]> {
  return db
    .query("jobs")
    .withIndex("by_status", (q) => q.eq("namespace", namespace._id).eq("status", "running"))
    .take(MAX_PAGE);
}

async function atGate({ db, namespace }: ScopedReading, gate: Gate): Promise<number> {
  const rows = await db
    .query("jobs")
    .withIndex("by_waiting", (q) => q.eq("namespace", namespace._id).eq("gate", gate))
    .take(MAX_PAGE);
  return rows.length;
}
