/** Splicing: under `pm` an insert after X makes X's pending successors wait for the new jobs too. SPEC.md §6. */
import { sinksFrom, type Edge } from "../../../domain/dag.ts";
import { FAN_OUT_BATCH } from "../../../domain/limits.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { fail } from "../shared/fail.ts";
import { noteDependents } from "../readiness/noteDependents.ts";
import { present } from "../shared/find.ts";
import type { InsertWish, PlannedJob, Splice } from "./planTypes.ts";
import { refresh } from "../readiness/readiness.ts";
import type { Reading, Tx } from "../shared/tx.ts";

/** Finds the edges that the new jobs come between; LIMIT where one job has too many successors. */
export async function planSplices(
  ctx: Reading,
  assignment: Doc<"assignments">,
  { jobs, edges, parallel, by }: Omit<InsertWish, "jobs"> & { jobs: PlannedJob[]; edges: Edge[] },
): Promise<Splice[]> {
  if (assignment.policy !== "pm" || parallel) return [];
  const splices: Splice[] = [];
  for (const [source, starts] of followed(jobs, assignment)) {
    const sinks = sinksFrom(starts, edges);
    for (const { edge, successor } of await successorsOf(ctx, source)) {
      const ownWork = by !== undefined && successor.insertedBy === by._id;
      if (!ownWork) splices.push({ edge, source, successor, sinks });
    }
  }
  return splices;
}

/** The jobs of the assignment that new jobs follow directly, each with the indexes of those. */
function followed(jobs: readonly PlannedJob[], assignment: Doc<"assignments">): Map<Doc<"jobs">, number[]> {
  const starts = new Map<Id<"jobs">, { job: Doc<"jobs">; indexes: number[] }>();
  for (const [index, { sources }] of jobs.entries()) {
    for (const source of sources) {
      if (source.kind !== "job" || source.job.assignment !== assignment._id) continue;
      const entry = starts.get(source.job._id) ?? { job: source.job, indexes: [] };
      entry.indexes.push(index);
      starts.set(source.job._id, entry);
    }
  }
  return new Map([...starts.values()].map(({ job, indexes }) => [job, indexes]));
}

async function successorsOf(
  ctx: Reading,
  source: Doc<"jobs">,
): Promise<{ edge: Doc<"edges">; successor: Doc<"jobs"> }[]> {
  const edges = await ctx.db
    .query("edges")
    .withIndex("by_job", (q) => q.eq("fromJob", source._id))
    .take(FAN_OUT_BATCH + 1);
  if (edges.length > FAN_OUT_BATCH) {
    fail(
      "LIMIT",
      `job ${source.assignmentNumber}.${source.number} has more than ${FAN_OUT_BATCH} successors, too many to come between: insert with --parallel`,
    );
  }
  const found = await Promise.all(
    edges.map(async (edge) => ({
      edge,
      successor: present(await ctx.db.get("jobs", edge.to), "the target of an edge"),
    })),
  );
  // Another assignment waits for the job that it names, and knows nothing of what is planned here.
  return found.filter(
    ({ successor }) =>
      successor.assignment === source.assignment && successor.status === "pending" && successor.type !== "pm",
  );
}

/** Carries a splice out: the successor waits for the new jobs, and no longer for a source that did not end well. */
export async function writeSplice(tx: Tx, splice: Splice, created: readonly Id<"jobs">[]): Promise<void> {
  const { edge, source, sinks } = splice;
  const successor = present(await tx.db.get("jobs", splice.successor._id), "the target of an edge");
  for (const index of sinks) {
    await tx.db.insert("edges", {
      namespace: successor.namespace,
      fromJob: present(created[index] ?? null, "a job of this call"),
      to: successor._id,
      condition: "complete",
      satisfied: false,
      told: false,
    });
  }
  await noteDependents(tx, successor.assignment);
  // The new job takes the place of one that failed: without this the successor would wait for it for ever.
  const replaced = !source.open && source.status !== "complete" && !edge.satisfied;
  if (replaced) await tx.db.patch("edges", edge._id, { told: true, satisfied: true });
  await tx.db.patch("jobs", successor._id, {
    unmetDeps: successor.unmetDeps + sinks.length - (replaced ? 1 : 0),
    hasSources: true,
  });
  await refresh(tx, successor._id);
}
