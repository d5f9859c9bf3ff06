/**
 * The claim decides; the ready window only suggests. It touches rows of its job and session, and reads those of its
 * assignment, namespace, lock and cascade: nothing that a claim of another job writes. SPEC.md §5.
 */
import { headAndTail } from "../../../domain/text.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { activate } from "../assignments/activate.ts";
import { grantsPool } from "../access/caller.ts";
import { claimedView } from "./claimedView.ts";
import { fail } from "../shared/fail.ts";
import { findJob, findSession, present } from "../shared/find.ts";
import { hasRepo } from "./repoAtHand.ts";
import { shortenLease } from "../sessions/lease.ts";
import { holdsLock } from "../readiness/locks.ts";
import { isOpenAssignment } from "../readiness/readiness.ts";
import { park } from "../attempts/setback.ts";
import { usableProfile, type Chosen } from "./usableProfile.ts";
import type { Claimed } from "../shared/workShapes.ts";
import type { ScopedTx } from "../shared/tx.ts";

/** Bytes of the reason for a profile: a line for each one that was passed over. */
const MAX_WHY_BYTES = 2000;

/** See `work:claim`: null for a loser. */
export async function claimJob(
  ctx: ScopedTx,
  args: { session: string; job: string },
): Promise<Claimed | null> {
  const session = await servingSession(ctx, args.session);
  return tryClaim(ctx, session, await findJob(ctx, args.job));
}

/** The session that wants to claim; NOT_ALLOWED when it does not serve the namespace. */
export async function servingSession(ctx: ScopedTx, ref: string): Promise<Doc<"sessions">> {
  const session = await findSession(ctx, ref);
  if (session.namespaces.includes(ctx.namespace.name)) return session;
  return fail(
    "NOT_ALLOWED",
    `this session serves ${session.namespaces.join(", ")}, not ${ctx.namespace.name}: start a session that serves it`,
  );
}

/** Claims a job for a live session; null when anything speaks against it. */
export async function tryClaim(
  ctx: ScopedTx,
  session: Doc<"sessions">,
  job: Doc<"jobs">,
): Promise<Claimed | null> {
  if (!mayClaim(ctx, session, job)) return null;
  const assignment = present(await ctx.db.get("assignments", job.assignment), "a job's assignment");
  if (!isOpenAssignment(assignment) || !(await holdsLock(ctx, job))) return null;
  const runner = present(await ctx.db.get("runners", session.runner), "a session's runner");
  const profile = await usableProfile(ctx, job, { session, machine: runner.host });
  if (profile.kind === "none") return null;
  if (profile.kind === "limited") {
    await park(ctx, job, { until: profile.until, counts: false });
    return null;
  }
  await start(ctx, job, { session, profile });
  await activate(ctx, job, assignment);
  const lease = await shortenLease(ctx, session);
  return { ...(await claimedView(ctx, { ...job, attempt: job.attempt + 1 }, assignment)), ...lease };
}

function mayClaim(ctx: ScopedTx, session: Doc<"sessions">, job: Doc<"jobs">): boolean {
  const { namespace, caller, now } = ctx;
  const alive = session.status === "live" && session.leaseUntil > now && !session.draining;
  const waiting = job.status === "pending" && job.ready && !namespace.paused;
  const serves = session.namespaces.includes(namespace.name) && session.pools.includes(job.pool);
  return alive && waiting && serves && hasRepo(session, namespace, job) && grantsPool(caller, job.pool);
}

async function start(
  ctx: ScopedTx,
  job: Doc<"jobs">,
  { session, profile }: { session: Doc<"sessions">; profile: Chosen },
): Promise<void> {
  const attempt = job.attempt + 1;
  const attemptRow = await ctx.db.insert("attempts", {
    job: job._id,
    number: attempt,
    session: session._id,
    profile: profile.name,
    startedAt: ctx.now,
    ...(profile.why === "" ? {} : { why: headAndTail(profile.why, MAX_WHY_BYTES) }),
    ...(profile.probes === undefined ? {} : { probe: true }),
  });
  await ctx.db.patch("jobs", job._id, {
    status: "running",
    ready: false,
    gate: "none",
    attempt,
    attemptRow,
    session: session._id,
    startedAt: ctx.now,
    profileUsed: profile.name,
    activates: false,
  });
  if (profile.probes !== undefined)
    await ctx.db.patch("harnessHealth", profile.probes, { probe: { job: job._id, attempt } });
}
