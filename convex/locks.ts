import { v } from "convex/values";
import { internalMutation } from "./_generated/server.js";
import { inTransaction, scopedMutation, scopedQuery } from "./model/access/access.ts";
import { listLocks, releaseByHand, vLock } from "./model/readiness/lockViews.ts";
import { passOnLocks } from "./model/jobs/passOnLocks.ts";

/** The locks of a namespace with their holders, by key. */
export const list = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({ args: { limit: v.optional(v.number()) }, returns: v.array(vLock), handler: listLocks });

/** Takes a lock from a holder that does not run, and gives it to the next in line, or to the waiter `to`. */
export const release = scopedMutation("admin")({
  args: { key: v.string(), to: v.optional(v.string()) },
  returns: v.object({ outcome: v.union(v.literal("released"), v.literal("free")) }),
  handler: releaseByHand,
});

/** The cron's round over all locks, in batches: passes on those whose holder no runner can take. */
export const passOn = internalMutation({
  args: { cursor: v.union(v.string(), v.null()) },
  returns: v.null(),
  handler: (ctx, args) => inTransaction(ctx, (tx) => passOnLocks(tx, args)),
});
