import { v } from "convex/values";
import { internalMutation } from "./_generated/server.js";
import { inTransaction } from "./model/access/access.ts";
import { removeFinished, vPlace } from "./model/retention/finished.ts";
import { removeOldOfFleet } from "./model/retention/fleet.ts";
import { sweepNamespaces } from "./model/retention/sweep.ts";

/** The cron's look at everything: starts what is to be removed, namespace by namespace. */
export const sweep = internalMutation({
  args: { after: v.optional(v.string()) },
  returns: v.null(),
  handler: (ctx, { after }) => inTransaction(ctx, (tx) => sweepNamespaces(tx, after)),
});

/** Removes ended assignments of a namespace that are too old or too many; the arguments are where it stands. */
export const finished = internalMutation({
  args: { namespace: v.id("namespaces"), place: vPlace, until: v.number() },
  returns: v.null(),
  handler: (ctx, args) => inTransaction(ctx, (tx) => removeFinished(tx, args)),
});

/** Removes old activity, sessions, runners and tokens. */
export const fleet = internalMutation({
  args: { until: v.number() },
  returns: v.null(),
  handler: (ctx, args) => inTransaction(ctx, (tx) => removeOldOfFleet(tx, args)),
});
