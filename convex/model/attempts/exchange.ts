/**
 * What a runner with several slots has to say and wants, in one transaction: eight jobs that end together cost one
 * commit and one change of the ready window instead of eight. SPEC.md §5.
 */
import { MAX_EXCHANGE } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { servingSession, tryClaim } from "../claim/claim.ts";
import { fail } from "../shared/fail.ts";
import { present, seekJob } from "../shared/find.ts";
import type { Claimed, Report, ReportAnswer } from "../shared/workShapes.ts";
import type { ScopedTx } from "../shared/tx.ts";
import { takeReport } from "./report.ts";

type Wanted = { jobs: string[]; slots: number };
type Args = { session: string; reports: Report[]; claim: Wanted };
interface Result {
  answers: ReportAnswer[];
  claimed: Claimed[];
}

/**
 * See `work:exchange`. The reports count first and in their order: a slot that one of them frees may be filled by the
 * claims. A report that can never be taken (unknown ids) refuses the whole exchange, so that nothing of it is half done.
 */
export async function exchangeWork(ctx: ScopedTx, { session, reports, claim }: Args): Promise<Result> {
  checkCount("reports", reports.length);
  checkCount("claim.jobs", claim.jobs.length);
  const claimer = await servingSession(ctx, session);
  const answers: ReportAnswer[] = [];
  for (const report of reports) answers.push(await takeReport(ctx, report));
  return { answers, claimed: await claimSome(ctx, claimer, claim) };
}

function checkCount(what: string, count: number): void {
  if (count <= MAX_EXCHANGE) return;
  fail(
    "LIMIT",
    `${what}: expected at most ${MAX_EXCHANGE}, got ${count}: send the rest in the next exchange`,
  );
}

/** Names that nobody knows, or that others have taken, are passed over: the ready window is only a suggestion. */
async function claimSome(
  ctx: ScopedTx,
  session: Doc<"sessions">,
  { jobs, slots }: Wanted,
): Promise<Claimed[]> {
  const claimed: Claimed[] = [];
  for (const ref of jobs) {
    if (claimed.length >= slots) break;
    const job = await seekJob(ctx, ref);
    // The first claim of an idle session changes its row (its lease): the next one must see that.
    const now =
      claimed.length === 0 ? session : present(await ctx.db.get("sessions", session._id), "a session");
    const one = job === null ? null : await tryClaim(ctx, now, job);
    if (one !== null) claimed.push(one);
  }
  return claimed;
}
