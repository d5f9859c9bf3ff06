import { v } from "convex/values";
import { internalMutation } from "./_generated/server.js";
import { inTransaction, scopedMutation, scopedQuery } from "./model/access/access.ts";
import { blockProfile } from "./model/health/blockProfile.ts";
import { clearHealth, expireHealth, listHealth, reportHealth } from "./model/health/health.ts";
import { vHealth, vHealthKind, vHealthScope } from "./model/shared/shapes.ts";

/** What the fleet knows of its profiles now. */
export const list = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: {},
  returns: v.array(vHealth),
  handler: listHealth,
});

/** A runner found a profile limited (for the account) or unusable (on its machine). */
export const report = scopedMutation(
  "runner",
  "admin",
)({
  args: {
    session: v.string(),
    profile: v.string(),
    scope: vHealthScope,
    kind: vHealthKind,
    until: v.optional(v.number()),
    reason: v.string(),
  },
  returns: v.null(),
  handler: reportHealth,
});

/** Forgets what is known of a profile, of a machine, or of all; parked jobs are tried again. */
export const clear = scopedMutation("admin")({
  args: { profile: v.optional(v.string()), machine: v.optional(v.string()) },
  returns: v.object({ cleared: v.number() }),
  handler: clearHealth,
});

/** A person takes a profile out of use, for every machine or for one; `until` absent: until it is cleared. */
export const block = scopedMutation("admin")({
  args: {
    profile: v.string(),
    machine: v.optional(v.string()),
    until: v.optional(v.number()),
    reason: v.string(),
  },
  returns: v.null(),
  handler: blockProfile,
});

/** Scheduled for the end of a limit. */
export const expire = internalMutation({
  args: { health: v.id("harnessHealth"), at: v.number() },
  returns: v.null(),
  handler: (ctx, args) => inTransaction(ctx, (tx) => expireHealth(tx, args)),
});
