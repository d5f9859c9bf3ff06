/**
 * The claim decides; the ready window only suggests. It touches rows of its job and session, and reads those of its
 * assignment, namespace, lock and cascade: nothing that a claim of another job writes. SPEC.md §5.
 */
import { earliestReset, holdsBack } from "../../domain/healthRule.ts";
import type { Doc } from "../_generated/dataModel.js";
import { activate } from "./activate.ts";
import { grantsPool } from "./caller.ts";
import { claimedView } from "./claimedView.ts";
import { fail } from "./fail.ts";
import { findJob, findSession, present } from "./find.ts";
import { isBarred } from "./barred.ts";
import { healthOf } from "./healthRows.ts";
import { shortenLease } from "./lease.ts";
import { holdsLock } from "./locks.ts";
import { isOpenAssignment } from "./readiness.ts";
import { park } from "./setback.ts";
import type { Claimed } from "./workShapes.ts";
import type { ScopedTx } from "./tx.ts";

/** See `work:claim`: null for a loser. */
export async function claimJob(
  ctx: ScopedTx,
  args: { session: string; job: string },
): Promise<Claimed | null> {
  const session = await findSession(ctx, args.session);
  if (!session.namespaces.includes(ctx.namespace.name)) {
    return fail(
      "NOT_ALLOWED",
      `this session serves ${session.namespaces.join(", ")}, not ${ctx.namespace.name}: start a session that serves it`,
    );
  }
  return tryClaim(ctx, session, await findJob(ctx, args.job));
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
  await start(ctx, job, { session, profile: profile.name });
  await activate(ctx, job, assignment);
  const lease = await shortenLease(ctx, session);
  return { ...(await claimedView(ctx, { ...job, attempt: job.attempt + 1 }, assignment)), ...lease };
}

function mayClaim({ namespace, caller, now }: ScopedTx, session: Doc<"sessions">, job: Doc<"jobs">): boolean {
  const alive = session.status === "live" && session.leaseUntil > now && !session.draining;
  const waiting = job.status === "pending" && job.ready && !namespace.paused;
  return alive && waiting && session.pools.includes(job.pool) && grantsPool(caller, job.pool);
}

type Usable =
  | { kind: "profile"; name: string }
  /** The account of every profile is limited, whoever asks. */
  | { kind: "limited"; until: number | undefined }
  /** None that this session offers and this machine can run; another may. */
  | { kind: "none" };

async function usableProfile(
  ctx: ScopedTx,
  job: Doc<"jobs">,
  { session, machine }: { session: Doc<"sessions">; machine: string },
): Promise<Usable> {
  const limitedUntil: (number | undefined)[] = [];
  const allowed = job.cascade.filter((name) => !isBarred(job, name));
  for (const name of allowed) {
    const facts = (await healthOf(ctx, { namespace: job.namespace, profile: name, machine })).filter((fact) =>
      holdsBack(fact, machine, ctx.now),
    );
    const account = facts.find(({ scope }) => scope === "account");
    if (account !== undefined) limitedUntil.push(account.until);
    else if (facts.length === 0 && session.profiles.includes(name)) return { kind: "profile", name };
  }
  if (limitedUntil.length < allowed.length || allowed.length === 0) return { kind: "none" };
  return { kind: "limited", until: earliestReset(limitedUntil) };
}

async function start(
  ctx: ScopedTx,
  job: Doc<"jobs">,
  { session, profile }: { session: Doc<"sessions">; profile: string },
): Promise<void> {
  const attempt = job.attempt + 1;
  await ctx.db.patch("jobs", job._id, {
    status: "running",
    ready: false,
    gate: "none",
    attempt,
    session: session._id,
    startedAt: ctx.now,
    profileUsed: profile,
    activates: false,
  });
  await ctx.db.insert("attempts", {
    job: job._id,
    number: attempt,
    session: session._id,
    profile,
    startedAt: ctx.now,
  });
}
