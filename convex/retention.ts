import { v } from "convex/values";
import { internalMutation } from "./_generated/server.js";
import { begin } from "./model/access/access.ts";
import { removeFinished, vPlace } from "./model/retention/finished.ts";
import { removeOldOfFleet } from "./model/retention/fleet.ts";
import { sweepNamespaces } from "./model/retention/sweep.ts";

/** The cron's look at everything: starts what is to be removed, namespace by namespace. */
export const sweep = internalMutation({
  args: { after: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { after }) => {
    await sweepNamespaces(begin(ctx), after);
    return null;
  },
});

/** Removes ended assignments of a namespace that are too old or too many; the arguments are where it stands. */
export const finished = internalMutation({
  args: { namespace: v.id("namespaces"), place: vPlace, until: v.number() },
  returns: v.null(),
  handler: async (ctx, args) => {
    await removeFinished(begin(ctx), args);
    return null;
  },
});

/** Removes old activity, sessions, runners and tokens. */
export const fleet = internalMutation({
  args: { until: v.number() },
  returns: v.null(),
  handler: async (ctx, args) => {
    await removeOldOfFleet(begin(ctx), args);
    return null;
  },
});
