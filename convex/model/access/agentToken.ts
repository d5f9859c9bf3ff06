/** Tokens for agents, signed by the deployment for runners on machines without the key: SPEC.md §8. */
import type { Auth } from "convex/server";
import { makeFunctionReference, type GenericActionCtx } from "convex/server";
import { TOKEN_AUDIENCE, TOKEN_ISSUER, type TokenClaims } from "../../../domain/roles.ts";
import type { DataModel } from "../../_generated/dataModel.js";
import { grantsNamespace } from "./caller.ts";
import { fail } from "../shared/fail.ts";
import { checkFence } from "../attempts/fence.ts";
import { present } from "../shared/find.ts";
import { signJwt } from "./jwt.ts";
import type { Fence } from "../shared/workShapes.ts";
import type { Authorized, Reading } from "../shared/tx.ts";

/** Time that a token outlives its attempt's time limit: it dies with the attempt anyway. */
const GRACE_MS = 60 * 60 * 1000;

export interface Grant {
  assignment: string;
  job: string;
  attempt: string;
  session: string;
  namespace: string;
  lifetimeMs: number;
}

const grant = makeFunctionReference<"query", { fence: Fence }, Grant>("tokens:grant");

/** See `tokens:agent`. */
export async function signForAgent(
  ctx: Pick<GenericActionCtx<DataModel>, "runQuery"> & { auth: Auth },
  { fence }: { fence: Fence },
): Promise<{ token: string }> {
  const { namespace, lifetimeMs, ...binding } = await ctx.runQuery(grant, { fence });
  // eslint-disable-next-line @convex-dev/no-process-env -- typed `env` needs convex.config.ts, which older self-hosted backends lack
  const key = process.env.DROVER_SIGNING_KEY;
  if (key === undefined || key === "") {
    return fail(
      "NOT_ALLOWED",
      "this deployment has no DROVER_SIGNING_KEY: set it, or let the runner sign with the key of its own machine",
    );
  }
  const now = Date.now();
  const claims: TokenClaims = { role: "agent", namespaces: namespace, ...binding };
  const jti = crypto.randomUUID();
  const seconds = (ms: number) => Math.floor(ms / 1000);
  const token = await signJwt(key, {
    ...claims,
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    sub: `agent:${jti}`,
    jti,
    iat: seconds(now),
    exp: seconds(now + lifetimeMs),
  });
  return { token };
}

/** What an agent's token may say; LEASE_LOST when the attempt is not the caller's to grant any more. */
export async function agentGrant(ctx: Reading & Authorized, fence: Fence): Promise<Grant> {
  const id = ctx.db.normalizeId("jobs", fence.job);
  const job = id === null ? null : await ctx.db.get("jobs", id);
  const namespace = job === null ? null : await ctx.db.get("namespaces", job.namespace);
  if (job === null || namespace === null || !grantsNamespace(ctx.caller, namespace.name)) {
    return fail(
      "NOT_FOUND",
      `job ${JSON.stringify(fence.job)} is unknown: expected the id that work:claim gave`,
    );
  }
  const held = await checkFence({ ...ctx, namespace }, fence);
  if (held.kind === "stale") {
    return fail("LEASE_LOST", "this attempt is no longer the session's: stop its agent");
  }
  return {
    assignment: job.assignment,
    job: job._id,
    attempt: String(fence.attempt),
    session: present(held.attempt.session ?? null, "the session of an attempt"),
    namespace: namespace.name,
    lifetimeMs: job.timeoutMs + GRACE_MS,
  };
}
