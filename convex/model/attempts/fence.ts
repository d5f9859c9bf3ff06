/**
 * The fence: every write of a runner carries (job, attempt, session) and is refused when it is stale. SPEC.md §5.
 */
import type { Doc } from "../../_generated/dataModel.js";
import { attemptOf } from "../shared/attemptOf.ts";
import { fail } from "../shared/fail.ts";
import { findJob, findSession } from "../shared/find.ts";
import type { Fence } from "../shared/workShapes.ts";
import type { Reading, ScopedReading } from "../shared/tx.ts";

/** What a fence stands for. */
export type Held =
  /** The job runs under it: the write counts. */
  | { kind: "held"; job: Doc<"jobs">; attempt: Doc<"attempts">; session: Doc<"sessions"> }
  /** It does not, or no more. `attempt` is null when the fence names none of this session. */
  | { kind: "stale"; job: Doc<"jobs">; attempt: Doc<"attempts"> | null; session: Doc<"sessions"> };

/** Checks a fence; NOT_FOUND for a job or session that the caller may not know. */
export async function checkFence(ctx: ScopedReading, fence: Fence): Promise<Held> {
  const session = await findSession(ctx, fence.session);
  const job = await findJob(ctx, fence.job);
  if (!Number.isSafeInteger(fence.attempt) || fence.attempt < 1) {
    fail("INVALID", `fence.attempt: expected a whole number from 1, got ${fence.attempt}`);
  }
  const attempt = await attemptOf(ctx, job, fence.attempt);
  const own = attempt !== null && (await speaksFor(ctx, session, attempt));
  if (own && job.status === "running" && job.attempt === fence.attempt && !job.manual) {
    return { kind: "held", job, attempt, session };
  }
  return { kind: "stale", job, attempt: own ? attempt : null, session };
}

/**
 * True for the session of the attempt and for the ones before it from which a restarted runner took the attempt
 * over: what they put into their outbox is the truth about the same execution.
 */
async function speaksFor(ctx: Reading, session: Doc<"sessions">, attempt: Doc<"attempts">): Promise<boolean> {
  if (attempt.session === session._id) return true;
  const holder = attempt.session === undefined ? null : await ctx.db.get("sessions", attempt.session);
  return session.status !== "live" && session.successor !== undefined && holder?.runner === session.runner;
}
