import { MAX_SESSION_REPOS } from "../../../domain/limits.ts";
import { headAndTail } from "../../../domain/text.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { findNamespace, unknownNamespace } from "../access/namespaceAccess.ts";
import { grantsPool, type Caller } from "../access/caller.ts";
import { checkName, checkNames, checkNumber } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { findSession } from "../shared/find.ts";
import { forgetMachine } from "../health/health.ts";
import { busyLeaseMs, leaseFrom, scheduleReap } from "./lease.ts";
import { listGranted } from "../access/namespaces.ts";
import { closeRuns } from "../runs/ownRuns.ts";
import { lapse } from "./reaper.ts";
import { enlist } from "./runnerRow.ts";
import { takeOver, type Held } from "./takeover.ts";
import type { Authorized, Tx } from "../shared/tx.ts";

/** Jobs that one session may run at once. */
const MAX_SLOTS = 1000;
/** Live sessions of one runner that a start ends: one, unless starts crossed each other. */
const MAX_EARLIER = 10;
/** Bytes of the reason why a runner claims nothing. */
const MAX_WHY_BYTES = 500;

type Offer = {
  pools: string[];
  slots: number;
  profiles: string[];
  collecting?: string[];
  repos?: Record<string, string[]>;
};

type StartArgs = Offer & {
  runner: string;
  host: string;
  version: string;
  namespaces: string[];
};

/** See `sessions:start`. */
export async function startSession(ctx: Tx & Authorized, args: StartArgs) {
  checkStart(ctx.caller, args);
  const namespaces = await served(ctx, args.namespaces);
  const names = namespaces.map(({ name }) => name);
  const runner = await enlist(ctx, { ...args, namespaces });
  const { leaseUntil, renewInMs } = leaseFrom(ctx.now, false);
  const session = await ctx.db.insert("sessions", {
    runner,
    status: "live",
    namespaces: names,
    pools: args.pools,
    leaseUntil,
    reapAt: leaseUntil,
    busy: false,
    // So the first heartbeat drops nothing: a restarted runner may still be looking for the agents that it holds.
    lastBeatAt: 0,
    slots: args.slots,
    profiles: args.profiles,
    collecting: args.collecting ?? [],
    ...(args.repos === undefined ? {} : { repos: args.repos }),
    draining: false,
  });
  const held = await takeOverEarlier(ctx, { runner, session, namespaces });
  // A fresh runner has looked at its machine again: what failed there before may work now.
  for (const { _id } of namespaces) await forgetMachine(ctx, _id, args.host);
  const lease = held.length > 0 ? leaseFrom(ctx.now, true) : { leaseUntil, renewInMs };
  await ctx.db.patch("sessions", session, {
    busy: held.length > 0,
    leaseUntil: lease.leaseUntil,
    reapAt: lease.leaseUntil,
  });
  await scheduleReap(ctx, session, lease.leaseUntil);
  return { session, leaseMs: busyLeaseMs(), renewInMs: lease.renewInMs, namespaces: names, held };
}

/** See `sessions:update`. What failed on the machine before may work with the new configuration. */
export async function updateSession(
  ctx: Tx & Authorized,
  { session: id, ...offer }: Offer & { session: string },
): Promise<null> {
  checkOffer(ctx.caller, offer);
  const session = await findSession(ctx, id);
  if (session.status !== "live") return null;
  // What the new offer leaves out must not stay from the old one: `repos` absent means any repo.
  await ctx.db.patch("sessions", session._id, { collecting: undefined, repos: undefined, ...offer });
  const runner = await ctx.db.get("runners", session.runner);
  if (runner === null) return null;
  await ctx.db.patch("runners", runner._id, { pools: offer.pools });
  for (const { _id } of await served(ctx, session.namespaces)) await forgetMachine(ctx, _id, runner.host);
  return null;
}

/** See `sessions:refuse`. A drain is never taken back. */
export async function refuseClaims(
  ctx: Tx & Authorized,
  { session: id, why, draining }: { session: string; why?: string; draining: boolean },
): Promise<null> {
  const session = await findSession(ctx, id);
  if (session.status !== "live") return null;
  const refuses = why === undefined ? undefined : headAndTail(why, MAX_WHY_BYTES);
  await ctx.db.patch("sessions", session._id, { refuses, draining: session.draining || draining });
  return null;
}

/** See `sessions:end`. */
export async function endSession(ctx: Tx & Authorized, args: { session: string }): Promise<null> {
  const session = await findSession(ctx, args.session);
  if (session.status !== "live") return null;
  await ctx.db.patch("sessions", session._id, { status: "ended", endedAt: ctx.now });
  ctx.tasks.push({ kind: "abandon", session: session._id, why: "interrupted", reason: "its runner stopped" });
  await closeRuns(ctx, session);
  return null;
}

function checkStart(caller: Caller, args: StartArgs): void {
  for (const field of ["runner", "host", "version"] as const) checkName(args[field], field);
  checkNames(args.namespaces, "namespaces");
  if (args.namespaces.length === 0)
    fail("INVALID", 'namespaces: expected at least one name, or ["*"] for all that the token grants');
  checkOffer(caller, args);
}

function checkOffer(caller: Caller, args: Offer): void {
  checkNames(args.collecting, "collecting");
  for (const slugs of Object.values(args.repos ?? {})) checkNames(slugs, "repos", MAX_SESSION_REPOS);
  for (const field of ["pools", "profiles"] as const) checkNames(args[field], field);
  checkNumber(args.slots, "slots", { min: 0, max: MAX_SLOTS });
  const odd = args.pools.find((pool) => !grantsPool(caller, pool));
  if (odd !== undefined) {
    fail(
      "NOT_ALLOWED",
      `pool ${JSON.stringify(odd)} is not granted by this token: use one of its pools, or another token`,
    );
  }
}

async function served(ctx: Tx & Authorized, names: readonly string[]): Promise<Doc<"namespaces">[]> {
  if (names.includes("*")) return listGranted(ctx);
  return Promise.all(
    [...new Set(names)].map(
      async (name) => (await findNamespace(ctx, ctx.caller, name)) ?? unknownNamespace(name),
    ),
  );
}

/** Ends the earlier sessions of the runner; what they still hold goes on in the new one under the same attempts. */
async function takeOverEarlier(
  tx: Tx,
  {
    runner,
    session,
    namespaces,
  }: { runner: Id<"runners">; session: Id<"sessions">; namespaces: Doc<"namespaces">[] },
): Promise<Held[]> {
  const earlier = await tx.db
    .query("sessions")
    .withIndex("by_runner", (q) => q.eq("runner", runner).eq("status", "live"))
    .take(MAX_EARLIER);
  const held: Held[] = [];
  for (const before of earlier) {
    if (before._id === session) continue;
    if (before.leaseUntil <= tx.now) await lapse(tx, before);
    else held.push(...(await takeOver(tx, before, { session, namespaces })));
    await closeRuns(tx, before);
  }
  return held;
}
