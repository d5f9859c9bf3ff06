import { tooManyJobs } from "../../../domain/limitRule.ts";
import type { DecidedJob } from "../../../domain/pmDecision.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { block } from "../assignments/assignmentState.ts";
import { present } from "../shared/find.ts";
import { refuseByAgent } from "../insert/insertByAgent.ts";
import { planInsert } from "../insert/planInsert.ts";
import { lastNumber, limitsOf } from "../assignments/spent.ts";
import type { NewJob } from "../shared/shapes.ts";
import type { Tx } from "../shared/tx.ts";
import { writePlan } from "../insert/writePlan.ts";

/**
 * Inserts the jobs of a PM's decision, one after the other, behind the job that it reviewed.
 * @returns null when done (or when a limit blocked the assignment), else why there was nothing to insert; a job
 * that an insert refuses is thrown as ConvexError, before anything is written
 */
export async function insertDecided(
  tx: Tx,
  assignment: Doc<"assignments">,
  { pm, jobs: decided }: { pm: Doc<"jobs">; jobs: readonly DecidedJob[] },
): Promise<string | null> {
  const namespace = present(await tx.db.get("namespaces", assignment.namespace), "a namespace");
  if (decided.length === 0) return goOn(tx, pm);
  const jobs = inARow(decided, pm);
  // An agent's view: a reference may name nothing outside of the assignment.
  const agent = { assignment: assignment._id, job: pm._id, attempt: pm.attempt, session: "" };
  const ctx = {
    ...tx,
    namespace,
    caller: { role: "agent" as const, namespaces: [namespace.name], pools: [], agent },
  };
  const plan = await planInsert(ctx, assignment, { jobs, parallel: false, by: pm });
  const number = (await lastNumber(tx, assignment)) + 1;
  await refuseByAgent(tx, { assignment, namespace }, plan);
  const reason = tooManyJobs(limitsOf(assignment, namespace), number - 1, jobs.length);
  if (reason === null) await writePlan(tx, { assignment, namespace, number }, plan);
  else await block(tx, assignment, reason);
  return null;
}

/** No new job means "go on as planned", which needs a plan, and a job under review that did not fail. */
async function goOn(tx: Tx, pm: Doc<"jobs">): Promise<string | null> {
  const open = await tx.db
    .query("jobs")
    .withIndex("by_open", (q) => q.eq("assignment", pm.assignment).eq("open", true))
    .first();
  const reviewed = pm.reviews === undefined ? null : await tx.db.get("jobs", pm.reviews);
  if (open !== null && reviewed?.status !== "failed") return null;
  return 'it inserted no job although none is left to run: insert at least one, or decide "complete" or "block"';
}

function inARow(decided: readonly DecidedJob[], pm: Doc<"jobs">): NewJob[] {
  const key = (i: number) => `pm-${pm.number}-${i + 1}`;
  return decided.map((job, i) => ({
    ...job,
    key: key(i),
    pool: pm.pool,
    ...(i === 0 ? {} : { after: [key(i - 1)] }),
  }));
}
