import { v } from "convex/values";
import { internalMutation } from "./_generated/server.js";
import { inTransaction, globalMutation, globalQuery } from "./model/access/access.ts";
import { renewLease } from "./model/sessions/heartbeat.ts";
import { ordersOf } from "./model/sessions/orders.ts";
import { closeRuns as closeLeftRuns } from "./model/runs/ownRuns.ts";
import { reapLapsed, reapSession } from "./model/sessions/reaper.ts";
import { endSession, refuseClaims, startSession, updateSession } from "./model/sessions/sessionLife.ts";
import { vHeldJob, vOrders } from "./model/shared/workShapes.ts";

/** A runner begins. Jobs of its earlier session on this host whose lease holds are handed to the new one. */
export const start = globalMutation(
  "runner",
  "admin",
)({
  args: {
    runner: v.string(),
    host: v.string(),
    version: v.string(),
    /** Names; `["*"]`: all that the token grants. */
    namespaces: v.array(v.string()),
    pools: v.array(v.string()),
    slots: v.number(),
    profiles: v.array(v.string()),
    /** Those of them that collect data. */
    collecting: v.optional(v.array(v.string())),
    /** Namespace → slugs of the repos that have a folder on this machine; absent: any repo. */
    repos: v.optional(v.record(v.string(), v.array(v.string()))),
  },
  returns: v.object({
    session: v.string(),
    leaseMs: v.number(),
    renewInMs: v.number(),
    namespaces: v.array(v.string()),
    held: v.array(vHeldJob),
  }),
  handler: startSession,
});

/** What a runner offers has changed while it runs: its configuration was read again. */
export const update = globalMutation(
  "runner",
  "admin",
)({
  args: {
    session: v.string(),
    pools: v.array(v.string()),
    slots: v.number(),
    profiles: v.array(v.string()),
    collecting: v.array(v.string()),
    /** Absent: jobs of any repo. */
    repos: v.optional(v.record(v.string(), v.array(v.string()))),
  },
  returns: v.null(),
  handler: updateSession,
});

/** Says that a runner claims nothing for now (`why`; absent: it does again), or nothing more (`draining`). */
export const refuse = globalMutation(
  "runner",
  "admin",
)({
  args: { session: v.string(), why: v.optional(v.string()), draining: v.boolean() },
  returns: v.null(),
  handler: refuseClaims,
});

/** Renews the lease; `running` is what the runner really executes. */
export const heartbeat = globalMutation(
  "runner",
  "admin",
)({
  args: {
    session: v.string(),
    running: v.array(v.object({ job: v.string(), attempt: v.number() })),
  },
  returns: v.union(
    v.object({
      kind: v.literal("renewed"),
      leaseUntil: v.number(),
      renewInMs: v.number(),
      orders: vOrders,
    }),
    v.object({ kind: v.literal("lost") }),
  ),
  handler: renewLease,
});

/** What the runner must do now: the subscription that makes a cancel reach a process at once. */
export const orders = globalQuery(
  "runner",
  "admin",
)({
  args: { session: v.string() },
  returns: vOrders,
  handler: ordersOf,
});

/** A runner ends in order: what it still ran is interrupted and pending again. */
export const end = globalMutation(
  "runner",
  "admin",
)({
  args: { session: v.string() },
  returns: v.null(),
  handler: endSession,
});

/** Scheduled for the end of a session's lease. */
export const reap = internalMutation({
  args: { session: v.id("sessions"), at: v.number() },
  returns: v.null(),
  handler: (ctx, args) => inTransaction(ctx, (tx) => reapSession(tx, args)),
});

/** Scheduled after the end of a session that alone served a run. */
export const closeRuns = internalMutation({
  args: { session: v.id("sessions") },
  returns: v.null(),
  handler: (ctx, args) =>
    inTransaction(ctx, async (tx) => {
      const session = await tx.db.get("sessions", args.session);
      if (session !== null) await closeLeftRuns(tx, session);
    }),
});

/** The cron's backstop for reapers that were lost. */
export const reapAll = internalMutation({
  args: {},
  returns: v.null(),
  handler: (ctx) => inTransaction(ctx, reapLapsed),
});
