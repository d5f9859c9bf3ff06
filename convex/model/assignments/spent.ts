import { effectiveLimits, type Spent } from "../../../domain/limitRule.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { jobsByNumber } from "../shared/find.ts";
import { sumTotals } from "./totals.ts";
import type { Reading } from "../shared/tx.ts";

/** Settled jobs that are looked at for failures in a row: more than any sensible limit. */
const FAILURES_WINDOW = 64;

/** The limits in force for an assignment. */
export function limitsOf(assignment: Doc<"assignments">, namespace: Doc<"namespaces">) {
  return effectiveLimits(assignment.policy, assignment.limits, namespace.limits);
}

/** The number of the assignment's last job, 0 without any: numbers have no gaps, so this is their count as well. */
export async function lastNumber(ctx: Reading, assignment: Doc<"assignments">): Promise<number> {
  const last = await jobsByNumber(ctx, assignment).order("desc").first();
  return last?.number ?? 0;
}

/** What an assignment has used so far, for its limits. */
export async function spentBy(ctx: Reading, assignment: Doc<"assignments">, jobs: number): Promise<Spent> {
  const { usage, costUsd } = await sumTotals(ctx, assignment._id);
  return {
    jobs,
    failuresInARow: await failuresInARow(ctx, assignment),
    costUsd,
    tokens: usage.input + usage.cached + usage.output,
  };
}

async function failuresInARow(ctx: Reading, { _id, failuresSince }: Doc<"assignments">): Promise<number> {
  const settled = await ctx.db
    .query("jobs")
    .withIndex("by_settled", (q) => q.eq("assignment", _id).gt("settledAt", failuresSince))
    .order("desc")
    .take(FAILURES_WINDOW);
  const counted = settled.filter(
    ({ type, status }) => type !== "pm" && (status === "complete" || status === "failed"),
  );
  const succeeded = counted.findIndex(({ status }) => status === "complete");
  return succeeded < 0 ? counted.length : succeeded;
}
