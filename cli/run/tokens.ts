import { api } from "../../convex/_generated/api.js";
import type { Fence } from "../../runner/connect/types.ts";
import { openBackend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import { signToken } from "../keys/sign.ts";
import { ensureSigningKey } from "../keys/signingKey.ts";

/** A runner's token, seconds: it asks again whenever the connection needs one. */
const RUNNER_TOKEN_S = 60 * 60;
/** An agent's token, seconds: longer than the longest job; it dies with its attempt anyway. */
const AGENT_TOKEN_S = 25 * 60 * 60;

export interface RunnerTokens {
  token: () => Promise<string>;
  agentToken: (fence: Fence, assignment: string) => Promise<string>;
}

/**
 * The tokens of a runner: signed here on the machine that has the key; with a token that was given, agents' tokens
 * are asked for, because signing them would need the key.
 */
export function runnerTokens(settings: Settings, namespaces: readonly string[]): RunnerTokens {
  const given = settings.token;
  if (given !== null) {
    const backend = openBackend(settings);
    return {
      token: () => Promise.resolve(given),
      agentToken: async (fence) => (await backend.action(api.tokens.agent, { fence })).token,
    };
  }
  const scope = namespaces.join(",");
  return {
    token: async () => {
      const claims = { role: "runner", namespaces: scope, pools: "*" } as const;
      return (await signToken(await ensureSigningKey(), { claims, seconds: RUNNER_TOKEN_S })).token;
    },
    agentToken: async ({ job, attempt, session }, assignment) => {
      const claims = {
        role: "agent",
        namespaces: scope,
        assignment,
        job,
        attempt: String(attempt),
        session,
      } as const;
      return (await signToken(await ensureSigningKey(), { claims, seconds: AGENT_TOKEN_S })).token;
    },
  };
}
