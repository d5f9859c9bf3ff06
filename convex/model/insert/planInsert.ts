/** An insert as a plan: everything is read and checked before the first row is written. */
import { findCycle, type Edge } from "../../../domain/dag.ts";
import { MAX_BATCH } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { checkNewJob } from "./checkNewJob.ts";
import { refuseCircles } from "./circles.ts";
import { fail } from "../shared/fail.ts";
import type { InsertWish, Plan, PlannedJob } from "./planTypes.ts";
import { jobByKey, refReader, type Source } from "./refs.ts";
import type { NewJob } from "../shared/shapes.ts";
import { planSplices } from "./splice.ts";
import type { ScopedReading } from "../shared/tx.ts";

/** Dependencies that one call may write: with the jobs far below the 16,000 rows of a transaction. */
const MAX_EDGES_PER_CALL = 4000;

/** Checks an insert and finds out what it means; INVALID, NOT_FOUND, CYCLE or LIMIT otherwise. Writes nothing. */
export async function planInsert(
  ctx: ScopedReading & { now: number },
  assignment: Doc<"assignments">,
  wish: InsertWish,
): Promise<Plan> {
  if (wish.jobs.length === 0 || wish.jobs.length > MAX_BATCH) {
    fail("INVALID", `jobs: expected 1 to ${MAX_BATCH} in one call, got ${wish.jobs.length}: use more calls`);
  }
  refuseDoubledKeys(wish.jobs);
  for (const [i, job] of wish.jobs.entries()) checkNewJob(job, nameOf(job, i), ctx);
  const existing = await Promise.all(
    wish.jobs.map(async ({ key }) => (key === undefined ? null : jobByKey(ctx, assignment, key))),
  );
  const jobs = await withSources(ctx, assignment, { ...wish, existing });
  const edges = edgesOfCall(jobs);
  const cycle = findCycle(jobs.length, edges);
  if (cycle !== null) {
    fail(
      "CYCLE",
      `these jobs wait for each other: ${cycle.map((i) => nameOf(wish.jobs[i], i)).join(" → ")}: remove one of the dependencies`,
    );
  }
  const splices = await planSplices(ctx, assignment, { ...wish, jobs, edges });
  await refuseCircles(ctx, assignment, { jobs, splices });
  return { jobs, splices, by: wish.by };
}

/** How messages name a job of the call. */
export function nameOf(job: NewJob | undefined, index: number): string {
  return job?.key === undefined ? `job ${index + 1} of the call` : `job ${JSON.stringify(job.key)}`;
}

async function withSources(
  ctx: ScopedReading,
  assignment: Doc<"assignments">,
  wish: InsertWish & { existing: readonly (Doc<"jobs"> | null)[] },
): Promise<PlannedJob[]> {
  const refs = refReader(ctx, assignment, wish);
  const planned: PlannedJob[] = [];
  let edges = 0;
  for (const [i, job] of wish.jobs.entries()) {
    const existing = wish.existing[i] ?? null;
    const sources: Source[] = [];
    for (const ref of new Set(existing === null ? afterOf(job, wish) : [])) {
      const source = await refs.read(ref, nameOf(job, i));
      if (!sources.some((other) => sameSource(other, source))) sources.push(source);
    }
    planned.push({ wish: job, existing, sources });
    edges += sources.length;
  }
  if (edges > MAX_EDGES_PER_CALL) {
    fail(
      "LIMIT",
      `expected at most ${MAX_EDGES_PER_CALL} dependencies in one call, got ${edges}: use more calls`,
    );
  }
  return planned;
}

/** What a PM inserts follows the job that it reviewed, before what was planned to follow it, unless it says otherwise. */
function afterOf({ after }: NewJob, { by, parallel }: InsertWish): readonly string[] {
  if (after !== undefined && after.length > 0) return after;
  return by?.reviews !== undefined && !parallel ? [by.reviews] : [];
}

function sameSource(a: Source, b: Source): boolean {
  return JSON.stringify(idOf(a)) === JSON.stringify(idOf(b));
}

function idOf(source: Source): string | number {
  switch (source.kind) {
    case "new":
      return source.index;
    case "job":
      return source.job._id;
    case "assignment":
      return source.assignment._id;
    default:
      return source satisfies never;
  }
}

function edgesOfCall(jobs: readonly PlannedJob[]): Edge[] {
  return jobs.flatMap(({ sources }, to) =>
    sources.flatMap((source): Edge[] => (source.kind === "new" ? [[source.index, to]] : [])),
  );
}

function refuseDoubledKeys(jobs: readonly NewJob[]): void {
  const keys = jobs.flatMap(({ key }) => (key === undefined ? [] : [key]));
  const doubled = keys.find((key, i) => keys.indexOf(key) !== i);
  if (doubled !== undefined) {
    fail(
      "INVALID",
      `key ${JSON.stringify(doubled)} stands at more than one job of the call: expected each key once`,
    );
  }
}
