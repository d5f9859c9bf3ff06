/**
 * The verdict on one attempt: a closed union of kinds, and what the cascade does after each.
 *
 *   done         the work's own gates come next
 *   limited      the account is exhausted: write a health row (until `retryAt` when known), try the next profile
 *   transient    the same profile again, a bounded number of times, then the next one
 *   machine      this profile cannot work on this machine: block it here, try the next one
 *   outcome      another try would end alike: it is the job's own result, failed
 *   interrupted  we (or a person) stopped it: no blame on profile or job
 */
import type { Usage } from "./usage.ts";

export type CascadeStep = "done" | "limited" | "transient" | "machine" | "outcome" | "interrupted";

const CASCADE = {
  /** The terminal success event was seen and nothing speaks against it. */
  success: "done",
  /** A successful end without any answer: seen with overloaded providers, so one more try is worth it. */
  empty: "transient",
  /** A plan or quota is used up until a reset that may be hours away. */
  usage_limit: "limited",
  /** Too many requests just now. */
  rate_limit: "limited",
  billing: "limited",
  auth: "machine",
  forbidden: "machine",
  model_not_found: "machine",
  /** The command line, a setting or an environment variable of the profile is wrong. */
  config: "machine",
  untrusted_dir: "machine",
  not_installed: "machine",
  overloaded: "transient",
  server: "transient",
  network: "transient",
  /** Died by a signal that we did not send (out of memory, a person). */
  killed: "transient",
  /** The output ended inside a line. */
  output_cut: "transient",
  /** The process ended without a terminal event. */
  no_result: "transient",
  /** The session to resume is gone: the next try must start a fresh one. */
  session_not_found: "transient",
  idle_timeout: "transient",
  /** An error that no rule knows. */
  unknown: "transient",
  /** The conversation no longer fits the model's window. */
  context: "outcome",
  refusal: "outcome",
  /** The answer was cut by a token limit. */
  truncated: "outcome",
  max_turns: "outcome",
  budget: "outcome",
  structured_output: "outcome",
  permission_denied: "outcome",
  /** The prompt was taken for a local command: no model was asked. */
  no_model_call: "outcome",
  timeout: "outcome",
  output_limit: "outcome",
  /** It repeated one step, or took many without saying or doing anything. */
  loop: "outcome",
  /** A script or command ended with an exit code other than 0. */
  failed: "outcome",
  cancelled: "interrupted",
} as const satisfies Record<string, CascadeStep>;

export type VerdictKind = keyof typeof CASCADE;

/** All kinds, for schema literals and tables. */
export const VERDICT_KINDS = Object.keys(CASCADE) as readonly VerdictKind[];

export interface Verdict {
  kind: VerdictKind;
  /** True for `success` alone. */
  ok: boolean;
  /** One or a few lines for a person: what happened and, where known, what to do. */
  detail?: string;
  /** When the limit ends, in ms since the epoch. */
  retryAt?: number;
  /** The agent's own session id, for resuming. */
  agentSession?: string;
  model?: string;
  /** The agent's final answer. */
  text?: string;
  /** Tokens of this attempt. */
  usage?: Usage;
  /** Cost of this attempt in US dollars, where the CLI tells it. */
  costUsd?: number;
  /**
   * What the CLI counts for the whole session, when it was resumed and its numbers include earlier runs. Then the
   * matching field above is left out rather than counted twice: subtract the session's previous total.
   */
  sessionTotal?: { usage?: Usage; costUsd?: number };
}

/** What the cascade does after a verdict of this kind. */
export function cascadeStep(kind: VerdictKind): CascadeStep {
  return CASCADE[kind];
}

/** True for kinds that say that the account may not call the model for a while. */
export function isLimit(kind: VerdictKind): boolean {
  return CASCADE[kind] === "limited";
}
