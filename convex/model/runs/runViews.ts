import { MAX_PAGE } from "../../../domain/limits.ts";
import { PAUSED } from "../../../domain/runHold.ts";
import type { Gate } from "../../../domain/gate.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { pageSize } from "../shared/checks.ts";
import { jobsInState, present } from "../shared/find.ts";
import { textsOf } from "../shared/jobTexts.ts";
import { toJob } from "../shared/jobView.ts";
import { findRun } from "./runs.ts";
import type { RunView } from "./runShapes.ts";
import { sumTotals } from "../assignments/totals.ts";
import type { Reading, ScopedReading } from "../shared/tx.ts";
import { defined } from "../../../domain/defined.ts";

/** Running or parked jobs that a live picture shows: the slots of a fleet, several times over. */
const MAX_MOVING = 100;
/** Waiting jobs that a live picture shows. */
const MAX_WAITING = 20;
/** Settled jobs that a live picture shows; who wants them all pages through `settled`. */
const MAX_RECENT = 30;
/** Settled jobs in one page: with results of 64 KB each far below the 16 MiB that a query may read. */
const MAX_SETTLED = 50;
/** Attempts of one job that are told. */
const MAX_ATTEMPTS = 50;

/** See `runs:list`. */
export async function listRuns(ctx: ScopedReading, { limit }: { limit?: number }): Promise<RunView[]> {
  const runs = await ctx.db
    .query("runs")
    .withIndex("by_namespace", (q) => q.eq("namespace", ctx.namespace._id))
    .order("desc")
    .take(pageSize(limit, MAX_PAGE));
  return Promise.all(runs.map((run) => toRun(ctx, run)));
}

/** See `runs:get`. */
export async function getRun(ctx: ScopedReading, args: { run: string }) {
  const run = await findRun(ctx, args.run);
  return {
    run: await toRun(ctx, run),
    spec: run.spec,
    totals: await sumTotals(ctx, run.assignment),
  };
}

/** See `runs:watch`. */
export async function watchRun(ctx: ScopedReading, args: { run: string }) {
  const run = await findRun(ctx, args.run);
  const assignment = present(await ctx.db.get("assignments", run.assignment), "a run's assignment");
  const recent = await ctx.db
    .query("jobs")
    .withIndex("by_settled", (q) => q.eq("assignment", run.assignment).gt("settledAt", 0))
    .order("desc")
    .take(MAX_RECENT);
  return {
    status: assignment.status,
    paused: ctx.namespace.paused || assignment.blocked?.reason === PAUSED,
    ...defined({ blocked: assignment.blocked?.reason }),
    running: (await jobsInState(ctx, assignment, "running").take(MAX_MOVING)).map(toJob),
    parked: (await jobsInState(ctx, assignment, "awaiting_retry").take(MAX_MOVING)).map(toJob),
    ready: (await atGate(ctx, run, "ready")).map(toJob),
    locked: (await atGate(ctx, run, "lock")).map(toJob),
    recent: recent.map(toJob),
    totals: await sumTotals(ctx, run.assignment),
  };
}

/** See `runs:settled`. */
export async function settledOfRun(
  ctx: ScopedReading,
  args: { run: string; after?: { settledAt: number; number: number } },
) {
  const run = await findRun(ctx, args.run);
  const after = args.after ?? { settledAt: 0, number: 0 };
  const sameTime = await ctx.db
    .query("jobs")
    .withIndex("by_settled", (q) =>
      q.eq("assignment", run.assignment).eq("settledAt", after.settledAt).gt("number", after.number),
    )
    .take(MAX_SETTLED);
  const later = await ctx.db
    .query("jobs")
    .withIndex("by_settled", (q) => q.eq("assignment", run.assignment).gt("settledAt", after.settledAt))
    .take(MAX_SETTLED - sameTime.length || 1);
  const page = [...sameTime, ...later].slice(0, MAX_SETTLED);
  return Promise.all(page.map((job) => detailOf(ctx, job)));
}

async function detailOf(ctx: Reading, job: Doc<"jobs">) {
  const attempts = await ctx.db
    .query("attempts")
    .withIndex("by_number", (q) => q.eq("job", job._id))
    .take(MAX_ATTEMPTS);
  const { result } = await textsOf(ctx, job);
  return {
    job: toJob(job),
    attempts: attempts.map(({ _id, _creationTime, job: _job, ...attempt }) => attempt),
    ...defined({ result }),
  };
}

async function toRun(ctx: Reading, run: Doc<"runs">): Promise<RunView> {
  const { number, status, endedAt } = present(
    await ctx.db.get("assignments", run.assignment),
    "a run's assignment",
  );
  const { label, tasks, failFast, key, parent } = run;
  return {
    id: run._id,
    label,
    assignment: number,
    status,
    tasks,
    failFast,
    createdAt: run._creationTime,
    ...defined({ key, parent, endedAt }),
  };
}

function atGate({ db }: Reading, run: Doc<"runs">, gate: Gate): Promise<Doc<"jobs">[]> {
  return db
    .query("jobs")
    .withIndex("by_gate", (q) => q.eq("assignment", run.assignment).eq("gate", gate))
    .take(MAX_WAITING);
}
