import { isTerminalAssignment, type Policy } from "../../../domain/assignmentState.ts";
import { jobHandle } from "../../../domain/handle.ts";
import type { EdgeCondition } from "../../../domain/waiting.ts";
import type { Id } from "../../_generated/dataModel.js";
import { noteDependents } from "../readiness/noteDependents.ts";
import { present } from "../shared/find.ts";
import type { Plan, PlannedJob } from "./planTypes.ts";
import type { Source } from "./refs.ts";
import { writeSplice } from "./splice.ts";
import type { Tx } from "../shared/tx.ts";
import { writeJob, type Place } from "./writeJob.ts";

/** What an insert answers for each job of the call, in its order. */
export interface Inserted {
  id: string;
  handle: string;
  created: boolean;
}

/** Writes a checked plan: jobs with rising numbers from `place.number` on, their edges, and what they come between. */
export async function writePlan(tx: Tx, place: Place, plan: Plan): Promise<Inserted[]> {
  const ids: Id<"jobs">[] = [];
  const answers: Inserted[] = [];
  let number = place.number;
  for (const job of plan.jobs) {
    const { existing } = job;
    ids.push(existing?._id ?? (await writeOne(tx, { ...place, number }, { job, plan })));
    const handle = jobHandle(existing ?? { assignmentNumber: place.assignment.number, number });
    answers.push({ id: ids[ids.length - 1] ?? "", handle, created: existing === null });
    if (existing === null) number += 1;
  }
  for (const [i, job] of plan.jobs.entries()) {
    const to = present(ids[i] ?? null, "a job of this call");
    for (const source of job.sources) await writeEdge(tx, place, { source, to, ids });
  }
  for (const splice of plan.splices) await writeSplice(tx, splice, ids);
  return answers;
}

function writeOne(tx: Tx, place: Place, { job, plan }: { job: PlannedJob; plan: Plan }): Promise<Id<"jobs">> {
  const { wish, sources } = job;
  return writeJob(tx, place, {
    ...wish,
    ownPriority: wish.priority ?? 0,
    unmetDeps: sources.filter((source) => !stateOf(source, place.assignment.policy).satisfied).length,
    hasSources: sources.length > 0,
    insertedBy: plan.by?._id,
  });
}

async function writeEdge(
  tx: Tx,
  { assignment }: Place,
  { source, to, ids }: { source: Source; to: Id<"jobs">; ids: readonly Id<"jobs">[] },
): Promise<void> {
  const { condition, satisfied } = stateOf(source, assignment.policy);
  await tx.db.insert("edges", {
    namespace: assignment.namespace,
    to,
    condition,
    satisfied,
    told: satisfied,
    ...originOf(source, ids),
  });
  if (source.kind === "new") await noteDependents(tx, assignment._id);
  if (source.kind === "job") await noteDependents(tx, source.job.assignment);
  if (satisfied) return;
  // The source has ended in a way that does not let this job go on: it must hear of it all the same.
  if (source.kind === "job" && !source.job.open) tx.tasks.push({ kind: "jobSettled", job: source.job._id });
  if (source.kind === "assignment" && isTerminalAssignment(source.assignment.status)) {
    tx.tasks.push({ kind: "assignmentEnded", assignment: source.assignment._id });
  }
}

function originOf(source: Source, ids: readonly Id<"jobs">[]) {
  switch (source.kind) {
    case "new":
      return { fromJob: present(ids[source.index] ?? null, "a job of this call") };
    case "job":
      return { fromJob: source.job._id };
    case "assignment":
      return { fromAssignment: source.assignment._id };
    default:
      return source satisfies never;
  }
}

/**
 * The edge from a source as it stands. What is inserted after something that has failed already is meant to run
 * after it, as a repair; only under `static` it is part of the same batch and shares its fate.
 */
function stateOf(source: Source, policy: Policy): { condition: EdgeCondition; satisfied: boolean } {
  const status = source.kind === "new" ? "pending" : statusOf(source);
  if (status === "complete") return { condition: "complete", satisfied: true };
  const ended =
    source.kind === "job"
      ? !source.job.open
      : source.kind === "assignment" && isTerminalAssignment(source.assignment.status);
  if (ended && policy !== "static") return { condition: "settled", satisfied: true };
  return { condition: "complete", satisfied: false };
}

function statusOf(source: Exclude<Source, { kind: "new" }>): string {
  return source.kind === "job" ? source.job.status : source.assignment.status;
}
