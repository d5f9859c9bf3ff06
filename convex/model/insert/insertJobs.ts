import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import { tooManyJobs } from "../../../domain/limitRule.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { markActed } from "../assignments/acted.ts";
import { block, moveAssignment } from "../assignments/assignmentState.ts";
import { fail } from "../shared/fail.ts";
import { findAssignment, findJob } from "../shared/find.ts";
import { refuseByAgent } from "./insertByAgent.ts";
import { planInsert } from "./planInsert.ts";
import type { NewJob } from "../shared/shapes.ts";
import { lastNumber, limitsOf } from "../assignments/spent.ts";
import type { ScopedTx } from "../shared/tx.ts";
import { writePlan, type Inserted } from "./writePlan.ts";

type Args = {
  assignment: string;
  jobs: NewJob[];
  parallel?: boolean;
  /** The batch that the jobs belong to. */
  run?: Id<"runs">;
};

type Result = { kind: "inserted"; jobs: Inserted[] } | { kind: "limit"; reason: string };

/** See `jobs:insert`: all jobs or none; what exists under its key already is given as it is. */
export async function insertJobs(ctx: ScopedTx, args: Args): Promise<Result> {
  const assignment = await findAssignment(ctx, args.assignment);
  const by = ctx.caller.agent === undefined ? undefined : await findJob(ctx, ctx.caller.agent.job);
  const plan = await planInsert(ctx, assignment, {
    jobs: by === undefined ? args.jobs : args.jobs.map((job) => ({ ...job, pool: job.pool ?? by.pool })),
    parallel: args.parallel ?? false,
    by,
  });
  const number = (await lastNumber(ctx, assignment)) + 1;
  const place = { assignment, namespace: ctx.namespace, number, ...(args.run && { run: args.run }) };
  const more = plan.jobs.filter(({ existing }) => existing === null).length;
  if (more > 0) {
    refuseEnded(assignment, by);
    if (by !== undefined) await refuseByAgent(ctx, place, plan);
    const reason = tooManyJobs(limitsOf(assignment, ctx.namespace), place.number - 1, more);
    if (reason !== null) return overLimit(ctx, assignment, { reason, byAgent: by !== undefined });
  }
  const jobs = await writePlan(ctx, place, plan);
  if (more > 0 && isTerminalAssignment(assignment.status)) {
    await moveAssignment(ctx, assignment, { to: "active" });
  }
  if (more > 0 && by !== undefined) await markActed(ctx, by);
  return { kind: "inserted", jobs };
}

/** A task file may come in several calls, the first of which is done before the last arrives: it goes on then. */
function refuseEnded({ status, policy, number }: Doc<"assignments">, by: Doc<"jobs"> | undefined): void {
  if (!isTerminalAssignment(status)) return;
  if (policy === "static" && status !== "canceled" && by === undefined) return;
  fail(
    "WRONG_STATE",
    `assignment ${number} is ${status}: expected an open one; set it active first (\`drover update-assignment ${number} --status active\`) or create another`,
  );
}

/** An agent would try again and again, so its assignment stops; a person is told and nothing changes. */
async function overLimit(
  ctx: ScopedTx,
  assignment: Doc<"assignments">,
  { reason, byAgent }: { reason: string; byAgent: boolean },
): Promise<Result> {
  if (!byAgent) return fail("LIMIT", `assignment ${assignment.number}: ${reason}`);
  await block(ctx, assignment, reason);
  return { kind: "limit", reason };
}
