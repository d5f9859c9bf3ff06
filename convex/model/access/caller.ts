/** Who calls, as the signed token says it: SPEC.md §8. */
import type { Auth } from "convex/server";
import { isRole } from "../../../domain/roles.ts";
import type { AgentBinding, Caller, Reading } from "../shared/tx.ts";
import { fail } from "../shared/fail.ts";

export type { Caller } from "../shared/tx.ts";

/**
 * The caller of this function. Fails with UNAUTHENTICATED without a good token, for a revoked one, and for an
 * agent's token whose job no longer runs under the attempt that the token names.
 */
export async function identify(ctx: Reading & { auth: Auth }): Promise<Caller> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) {
    return fail(
      "UNAUTHENTICATED",
      "expected a Drover token, got none (or an expired one): log in, or run `drover token create`",
    );
  }
  const { role } = identity;
  if (typeof role !== "string" || !isRole(role)) {
    return fail(
      "UNAUTHENTICATED",
      `expected a token with a role of Drover, got ${JSON.stringify(role ?? null)}: create one with \`drover token create\``,
    );
  }
  // Some deployments keep `jti` to themselves; a registered token therefore carries its id as `sub` as well.
  for (const id of new Set([identity.jti, identity.subject])) await refuseRevoked(ctx, id);
  const caller: Caller = {
    role,
    namespaces: namesIn(identity.namespaces),
    pools: role === "admin" ? "*" : namesIn(identity.pools),
  };
  if (role === "agent") caller.agent = await livingAgent(ctx, identity);
  return caller;
}

async function refuseRevoked(ctx: Reading, jti: unknown): Promise<void> {
  if (typeof jti !== "string") return;
  const token = await ctx.db
    .query("accessTokens")
    .withIndex("by_jti", (q) => q.eq("jti", jti))
    .first();
  if (token?.revoked === true) {
    fail("UNAUTHENTICATED", "this token was revoked: ask for a new one (`drover token create`)");
  }
}

async function livingAgent(ctx: Reading, claims: Record<string, unknown>): Promise<AgentBinding> {
  const { assignment, job, attempt, session } = claims;
  const number = Number(attempt);
  const jobId = typeof job === "string" ? ctx.db.normalizeId("jobs", job) : null;
  const row = jobId === null ? null : await ctx.db.get("jobs", jobId);
  if (
    row?.status !== "running" ||
    row.attempt !== number ||
    row.assignment !== assignment ||
    !(await sameRunner(ctx, session, row.session))
  ) {
    return fail(
      "UNAUTHENTICATED",
      "this agent's token has died with its attempt: its job no longer runs under it",
    );
  }
  return { assignment: row.assignment, job: row._id, attempt: number, session: String(session) };
}

/**
 * A restarted runner takes its jobs over in a new session; the agents that live on still carry the old one in
 * their tokens, and the attempt number already says that it is theirs.
 */
async function sameRunner(ctx: Reading, claimed: unknown, held: string | undefined): Promise<boolean> {
  if (typeof claimed !== "string" || held === undefined) return false;
  if (claimed === held) return true;
  const [old, present] = [ctx.db.normalizeId("sessions", claimed), ctx.db.normalizeId("sessions", held)];
  if (old === null || present === null) return false;
  const [before, now] = await Promise.all([ctx.db.get("sessions", old), ctx.db.get("sessions", present)]);
  return before !== null && before.runner === now?.runner;
}

/** The names in a claim: comma-separated, or `*` for all; none when the claim is absent. */
export function namesIn(claim: unknown): "*" | readonly string[] {
  if (typeof claim !== "string") return [];
  if (claim.trim() === "*") return "*";
  return claim
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** True when the caller's token grants the namespace of this name. */
export function grantsNamespace(caller: Caller, name: string): boolean {
  return caller.namespaces === "*" || caller.namespaces.includes(name);
}

/** True when the caller's token grants the pool. */
export function grantsPool(caller: Caller, pool: string): boolean {
  return caller.pools === "*" || caller.pools.includes(pool);
}
