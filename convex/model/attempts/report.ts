/** The end of a claim, as its runner reports it: SPEC.md §5, §7. */
import { MAX_RESULT_BYTES } from "../../../domain/limits.ts";
import { headAndTail } from "../../../domain/text.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { closeAttempt } from "./closeAttempt.ts";
import { tryClaim } from "../claim/claim.ts";
import { fail } from "../shared/fail.ts";
import { checkFence } from "./fence.ts";
import { seekJob } from "../shared/find.ts";
import { forgetLimitOf } from "../health/health.ts";
import { endUnlessCanceled, interrupt, park } from "./setback.ts";
import { settle } from "./settle.ts";
import type { AttemptReport, Claimed, Outcome, Report, ReportAnswer } from "../shared/workShapes.ts";
import type { ScopedTx } from "../shared/tx.ts";

/** Jobs that a report may try for: each widens what the report may conflict with. */
const MAX_CLAIM_NEXT = 4;

type Args = Report & { claimNext?: string[] };

interface Result {
  kind: ReportAnswer;
  next: Claimed | null;
}

/** See `work:report`. The same report twice answers `already`; a late one is kept as evidence only. */
export async function reportAttempt(ctx: ScopedTx, args: Args): Promise<Result> {
  const { kind, session } = await takeReport(ctx, args);
  return { kind, next: await claimNext(ctx, session, args.claimNext ?? []) };
}

/** Carries one report out. Gives its answer, and the session that its fence names. */
export async function takeReport(
  ctx: ScopedTx,
  { fence, ended, outcome }: Report,
): Promise<{ kind: ReportAnswer; session: Doc<"sessions"> }> {
  const held = await checkFence(ctx, fence);
  const { session } = held;
  if (held.kind === "stale") return { kind: await lateReport(ctx, held.attempt, outcome), session };
  const job = await closeAttempt(ctx, held, { ended, outcome: outcome.kind });
  await carryOut(ctx, { job, ended, outcome });
  return { kind: "accepted", session };
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

async function claimNext(
  ctx: ScopedTx,
  session: Doc<"sessions">,
  refs: readonly string[],
): Promise<Claimed | null> {
  if (refs.length > MAX_CLAIM_NEXT) {
    fail(
      "LIMIT",
      `claimNext: expected at most ${MAX_CLAIM_NEXT} jobs, got ${refs.length}: name the best ones`,
    );
  }
  for (const ref of refs) {
    const job = await seekJob(ctx, ref);
    const claimed = job === null ? null : await tryClaim(ctx, session, job);
    if (claimed !== null) return claimed;
  }
  return null;
}
