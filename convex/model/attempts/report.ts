/** The end of a claim, as its runner reports it: SPEC.md §5, §7. */
import { MAX_RESULT_BYTES } from "../../../domain/limits.ts";
import { headAndTail } from "../../../domain/text.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { closeAttempt } from "./closeAttempt.ts";
import { checkFence } from "./fence.ts";
import { forgetLimitOf } from "../health/health.ts";
import { endUnlessCanceled, interrupt, park } from "./setback.ts";
import { settle } from "./settle.ts";
import type { AttemptReport, Outcome, Report, ReportAnswer } from "../shared/workShapes.ts";
import type { ScopedTx } from "../shared/tx.ts";

/** See `work:report`. The same report twice answers `already`; a late one is kept as evidence only. */
export async function takeReport(ctx: ScopedTx, { fence, ended, outcome }: Report): Promise<ReportAnswer> {
  const held = await checkFence(ctx, fence);
  if (held.kind === "stale") return lateReport(ctx, held.attempt, outcome);
  const job = await closeAttempt(ctx, held, { ended, outcome: outcome.kind });
  await carryOut(ctx, { job, ended, outcome });
  return "accepted";
}

async function carryOut(
  ctx: ScopedTx,
  { job, outcome, ended }: { job: Doc<"jobs">; outcome: Outcome; ended: AttemptReport },
): Promise<void> {
  switch (outcome.kind) {
    case "complete":
      await forgetLimitOf(ctx, {
        namespace: job.namespace,
        profile: ended.profile,
        startedAt: job.startedAt ?? 0,
      });
      return settle(ctx, job, { ...outcome, status: "complete" });
    case "failed":
      return endUnlessCanceled(ctx, job, { ...outcome, status: "failed" });
    case "limited":
      if (job.cancelRequested) return settle(ctx, job, { status: "canceled", error: "canceled" });
      return park(ctx, job, { until: outcome.until, counts: true });
    case "interrupted":
      return interrupt(ctx, job, outcome.reason);
    case "canceled":
      return settle(ctx, job, { status: "canceled", error: "canceled" });
    default:
      return outcome satisfies never;
  }
}

/** A report for an attempt that is over: the second copy of one that counted, or evidence. */
async function lateReport(
  ctx: ScopedTx,
  attempt: Doc<"attempts"> | null,
  outcome: Outcome,
): Promise<"already" | "lease_lost"> {
  if (attempt === null) return "lease_lost";
  if (attempt.outcome === outcome.kind) return "already";
  if (attempt.lateResult === undefined) {
    await ctx.db.patch("attempts", attempt._id, {
      lateResult: headAndTail(evidence(outcome), MAX_RESULT_BYTES),
    });
  }
  return "lease_lost";
}

function evidence(outcome: Outcome): string {
  switch (outcome.kind) {
    case "complete":
      return outcome.result;
    case "failed":
      return outcome.result ?? outcome.error;
    case "limited":
    case "interrupted":
      return `${outcome.kind}: ${outcome.reason}`;
    case "canceled":
      return "canceled";
    default:
      return outcome satisfies never;
  }
}
