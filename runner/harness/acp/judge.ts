import { isLimit, type Verdict, type VerdictKind } from "../../../domain/verdict.ts";
import { defined } from "../../../domain/defined.ts";
import { brief, num, obj, parseObject, str, type Json } from "../json.ts";
import { deathOf, exitIsFine, retryAt, type Notes } from "../jsonReader.ts";
import type { RunEnd } from "../port.ts";
import { resetTimeIn } from "../resetTime.ts";
import { kindOfStatus, kindOfWords, lastLine } from "../words.ts";
import type { AcpFacts } from "./facts.ts";
import { acpUsage, saysNothingSpent } from "./usage.ts";

type Failure = { kind: VerdictKind; detail: string; retryAt?: number };

const BY_STOP: Record<string, readonly [VerdictKind, string]> = {
  max_tokens: ["truncated", "the answer was cut by the token limit"],
  max_turn_requests: ["max_turns", "the agent reached its own limit of requests in one turn"],
  refusal: ["refusal", "the agent refused to go on"],
  cancelled: ["cancelled", "the agent says that its turn was cancelled"],
};

/** `data.errorKind` of claude-agent-acp: the typed errors of Claude's own stream. */
const BY_ERROR_KIND: Record<string, VerdictKind> = {
  rate_limit: "rate_limit",
  overloaded: "overloaded",
  authentication_failed: "auth",
  billing_error: "billing",
  model_not_found: "model_not_found",
  max_output_tokens: "truncated",
  server_error: "server",
};

/** A code of the protocol. */
const AUTH_REQUIRED = -32000;
const NOT_FOUND_WORDS = /not found|no such|no previous|unknown|invalid session/i;
/** An agent's own words about a failure are short; a longer text is an answer, whatever it speaks of. */
const ERROR_TEXT_LIMIT = 600;

/**
 * The verdict on a turn: `stopReason` end_turn, exit 0 and an answer are success. Some agents end a failed turn like a
 * good one, with the error as their answer; the protocol has neither limits nor reset times, so words decide.
 */
export function judgeAcp(facts: AcpFacts, end: RunEnd, notes: Notes): Verdict {
  const known = {
    ...defined({ agentSession: notes.agentSession, model: notes.model }),
    ...spent(facts, end),
  };
  const { result, failure } = facts;
  if (failure) return { ...known, ok: false, ...failed(failure, end) };
  if (!result) return { ...known, ok: false, ...withoutResult(facts, end) };
  const disguised = disguisedFailure(facts, result, end);
  if (disguised) return { ...known, ok: false, ...disguised };
  if (result.stopReason === "end_turn" && exitIsFine(end)) return { ...known, ...answered(facts) };
  const stop = str(result.stopReason) ?? "nothing";
  const [kind, detail] = BY_STOP[stop] ?? ["unknown", `the turn ended with "${stop}"`];
  const refused = kind === "cancelled" && facts.denials > 0;
  if (refused)
    return { ...known, ok: false, kind: "permission_denied", detail: "ended by a refused permission" };
  return { ...known, ok: false, kind, detail };
}

function answered({ answer, denials }: AcpFacts): Pick<Verdict, "ok" | "kind" | "detail" | "text"> {
  if (answer.trim() !== "") return { ok: true, kind: "success", text: answer };
  if (denials > 0)
    return { ok: false, kind: "permission_denied", detail: "it said nothing after a refused permission" };
  return { ok: false, kind: "empty", detail: "the answer was empty" };
}

/** The words of a JSON-RPC error: some put their own name before the message, some hide it in `data`. */
export function errorWords(error: Json): string {
  const data = typeof error.data === "string" ? error.data : str(obj(error.data).details);
  const message = (str(error.message) ?? "").replace(/^Internal error:?\s*/i, "");
  return [message, data].filter(Boolean).join(": ") || brief(error, ERROR_TEXT_LIMIT);
}

function failed({ method, error }: NonNullable<AcpFacts["failure"]>, end: RunEnd): Failure {
  const detail = errorWords(error);
  const kind = kindOfError(error, detail, method);
  return { kind, detail, ...retryAt(isLimit(kind) ? resetTimeIn(detail, end.now) : undefined) };
}

function kindOfError(error: Json, detail: string, method: string): VerdictKind {
  if (isLostSession(error, detail, method)) return "session_not_found";
  const words = kindOfWords(detail);
  if (words === "usage_limit" || words === "context") return words;
  // What the provider said outranks what the agent made of it.
  const status = num(obj(parseObject(detail)?.error).code) ?? num(error.code);
  return (
    BY_ERROR_KIND[str(obj(error.data).errorKind) ?? ""] ??
    kindOfStatus(status) ??
    words ??
    (error.code === AUTH_REQUIRED ? "auth" : "unknown")
  );
}

/** Agents have no common word for it: what is neither a login nor a provider's trouble is the session. */
function isLostSession(error: Json, detail: string, method: string): boolean {
  if (method !== "session/load" && method !== "session/resume") return false;
  return error.code !== AUTH_REQUIRED && (kindOfWords(detail) === undefined || NOT_FOUND_WORDS.test(detail));
}

/**
 * A turn that ended well though no model answered: the agent says that nothing was spent, did nothing, and its few
 * words are those of an error.
 */
function disguisedFailure(facts: AcpFacts, result: Json, end: RunEnd): Failure | undefined {
  if (result.stopReason !== "end_turn" || facts.tools > 0) return undefined;
  const words = facts.answer.trim();
  if (!saysNothingSpent(result) || words === "" || words.length > ERROR_TEXT_LIMIT) return undefined;
  const detail = lastLine(words) ?? words;
  const kind = kindOfWords(detail) ?? kindOfWords(words);
  if (kind === undefined) return undefined;
  return { kind, detail, ...retryAt(isLimit(kind) ? resetTimeIn(words, end.now) : undefined) };
}

/** The turn never ended: the agent died, could not be started, or is not fit for the profile. */
function withoutResult(facts: AcpFacts, end: RunEnd): Failure {
  const text = str(facts.end?.text);
  switch (facts.end?.what) {
    case "not_started":
      return { kind: "not_installed", detail: text ?? "the agent's program could not be started" };
    case "no_resume":
      return { kind: "session_not_found", detail: "the agent cannot go on with an earlier session" };
    case "unfit":
      return { kind: "config", detail: text ?? "the agent does not fit the profile" };
    default:
      return died(facts, end);
  }
}

function died(facts: AcpFacts, end: RunEnd): Failure {
  const detail = lastLine(end.stderr) ?? str(facts.end?.text) ?? "ended without an answer and without a word";
  const death = deathOf(end);
  if (death === "killed" || str(facts.exit?.signal) !== undefined) return { kind: "killed", detail };
  const code = num(facts.exit?.code);
  // An agent that ended by itself before it was asked anything said on stderr what it lacks.
  const early = facts.prompted || code === undefined || code === 0 ? undefined : kindOfWords(end.stderr);
  return { kind: early ?? "no_result", detail };
}

/** The cost counts the whole session, so after a resume it is only a total. */
function spent(facts: AcpFacts, end: RunEnd): Pick<Verdict, "usage" | "costUsd" | "sessionTotal"> {
  const usage = facts.result && acpUsage(facts.result);
  const { costUsd } = facts;
  const tokens = usage === undefined ? {} : { usage };
  if (costUsd === undefined) return tokens;
  return end.resumed ? { ...tokens, sessionTotal: { costUsd } } : { ...tokens, costUsd };
}
