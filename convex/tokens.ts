import { v } from "convex/values";
import { internalQuery } from "./_generated/server.js";
import { allow, globalAction, globalMutation, globalQuery } from "./model/access/access.ts";
import { agentGrant, signForAgent } from "./model/access/agentToken.ts";
import { identify } from "./model/access/caller.ts";
import { vRole, vToken } from "./model/shared/shapes.ts";
import { vFence } from "./model/shared/workShapes.ts";
import { listTokens, registerToken, revokeToken } from "./model/access/tokens.ts";

/** Writes down a token that was signed with the key of the deployment, so that it can be listed and revoked. */
export const register = globalMutation("admin")({
  args: {
    jti: v.string(),
    role: vRole,
    /** Comma-separated names, or `*`. */
    namespaces: v.string(),
    label: v.string(),
    expiresAt: v.number(),
  },
  returns: v.null(),
  handler: registerToken,
});

/** Signs a token for the agent of a running attempt, for runners on machines without the key. */
export const agent = globalAction(
  "runner",
  "admin",
)({
  args: { fence: vFence },
  returns: v.object({ token: v.string() }),
  handler: signForAgent,
});

/** The tokens whose namespaces the caller may see, newest first. */
export const list = globalQuery("admin")({
  args: {},
  returns: v.array(vToken),
  handler: listTokens,
});

/** Refuses a token from now on, live queries included. */
export const revoke = globalMutation("admin")({
  args: { jti: v.string() },
  returns: v.null(),
  handler: revokeToken,
});

/** The guard of actions. */
export const check = internalQuery({
  args: { roles: v.array(vRole) },
  returns: v.null(),
  handler: async (ctx, { roles }) => {
    allow(await identify(ctx), roles);
    return null;
  },
});

/** What an agent's token may say, for the attempt of this fence. */
export const grant = internalQuery({
  args: { fence: vFence },
  returns: v.object({
    assignment: v.string(),
    job: v.string(),
    attempt: v.string(),
    session: v.string(),
    namespace: v.string(),
    lifetimeMs: v.number(),
  }),
  handler: async (ctx, { fence }) => agentGrant({ db: ctx.db, caller: await identify(ctx) }, fence),
});
