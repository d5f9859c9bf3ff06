import type { Verdict, VerdictKind } from "../../../domain/verdict.ts";
import { defined } from "../../../domain/defined.ts";
import { busiest } from "../busiest.ts";
import { count, list, num, obj, str, usageOf, type Json } from "../json.ts";
import { deathOf, exitIsFine, retryAt, type Notes } from "../jsonReader.ts";
import type { RunEnd } from "../port.ts";
import { epochMs, resetTimeIn } from "../resetTime.ts";
import { kindOfStatus, kindOfWords, lastLine } from "../words.ts";
import type { ClaudeFacts } from "./facts.ts";

const BY_SUBTYPE: Record<string, VerdictKind> = {
  error_max_turns: "max_turns",
  error_max_budget_usd: "budget",
  error_max_structured_output_retries: "structured_output",
};

/** The typed `error` of an assistant message (Claude's own type files). */
const BY_ERROR: Record<string, VerdictKind> = {
  authentication_failed: "auth",
  oauth_org_not_allowed: "auth",
  account_on_hold: "billing",
  verification_required: "auth",
  billing_error: "billing",
  rate_limit: "rate_limit",
  overloaded: "overloaded",
  model_not_found: "model_not_found",
  max_output_tokens: "truncated",
  cloud_credential_error: "auth",
};

/** The provider's own types of errors, where the message before the result is missing. */
const BY_TYPE: Record<string, VerdictKind> = {
  authentication_error: "auth",
  permission_error: "forbidden",
  billing_error: "billing",
  rate_limit_error: "rate_limit",
  overloaded_error: "overloaded",
};

/**
 * The verdict on a run of Claude. Success is subtype success, no error, exit 0 and a model call; `subtype:"success"`
 * with `is_error:true` is the normal shape of an API failure.
 */
export function judgeClaude(facts: ClaudeFacts, end: RunEnd, notes: Notes): Verdict {
  const { result } = facts;
  const known = { ...whoAndWhat(notes, result), ...spent(result, end) };
  if (!result) return { ...known, ok: false, ...withoutResult(end) };
  const text = str(result.result) ?? structured(result);
  if (isSuccess(result, end)) return { ...known, ...answered(result, text) };
  const detail = text ?? complaint(result);
  const kind = failureKind(facts, result, detail);
  const planned = kind === "usage_limit" ? plannedReset(facts, result) : {};
  const until = planned.rejected ?? limitReset(kind, detail, end) ?? planned.noted;
  return { ...known, ok: false, kind, detail, ...retryAt(until) };
}

function answered(result: Json, text: string | undefined): Pick<Verdict, "ok" | "kind" | "detail" | "text"> {
  if (num(result.num_turns) === 0) {
    const detail = `no model was asked; Claude answered by itself: ${text ?? "nothing"}`;
    return { ok: false, kind: "no_model_call", detail };
  }
  if (text === undefined) return { ok: false, kind: "empty", detail: "the answer was empty" };
  return { ok: true, kind: "success", text };
}

function complaint(result: Json): string {
  return list(result.errors).map(String).join("; ") || (str(result.subtype) ?? "an error without words");
}

/**
 * In the event of the limit; newer versions repeat it in the result. An event that only noted how much is left may be
 * of another window, which ends days later: then the words of the error know better.
 */
function plannedReset({ limit }: ClaudeFacts, result: Json): { rejected?: number; noted?: number } {
  const repeated = epochMs(obj(obj(result.api_error_params).rate_limit_info).resetsAt);
  const seen = epochMs(limit?.resetsAt);
  return defined(
    limit?.status === "rejected" ? { rejected: seen ?? repeated } : { rejected: repeated, noted: seen },
  );
}

function limitReset(kind: VerdictKind, detail: string, end: RunEnd): number | undefined {
  return kind === "usage_limit" || kind === "rate_limit" ? resetTimeIn(detail, end.now) : undefined;
}

function isSuccess(result: Json, end: RunEnd): boolean {
  if (/^Claude AI usage limit reached\|/.test(str(result.result) ?? "")) return false; // older versions
  return result.subtype === "success" && result.is_error === false && exitIsFine(end);
}

function failureKind(facts: ClaudeFacts, result: Json, detail: string): VerdictKind {
  if (facts.limit?.status === "rejected" || result.api_error === "usage_limit_reached") return "usage_limit";
  return (
    BY_SUBTYPE[str(result.subtype) ?? ""] ??
    byTermination(result, detail) ??
    byApiError(facts, result, detail) ??
    kindOfStatus(num(result.api_error_status)) ??
    kindOfWords(detail) ??
    (facts.apiError?.error === "server_error" ? "server" : "unknown")
  );
}

function byTermination(result: Json, detail: string): VerdictKind | undefined {
  const reason = str(result.terminal_reason) ?? "";
  if (reason.startsWith("aborted")) return "cancelled";
  if (/No conversation found/i.test(detail)) return "session_not_found";
  if (result.stop_reason === "refusal") return "refusal";
  if (reason === "prompt_too_long") return "context";
  return reason === "budget_exhausted" ? "budget" : undefined;
}

function byApiError(facts: ClaudeFacts, result: Json, detail: string): VerdictKind | undefined {
  // A plan limit of an older version, or a monthly cap, hides behind `rate_limit` or `unknown`.
  if (kindOfWords(detail) === "usage_limit") return "usage_limit";
  if (result.api_error === "connection_failed") return "network";
  const typed =
    BY_ERROR[str(facts.apiError?.error) ?? ""] ??
    BY_ERROR[str(result.api_error) ?? ""] ??
    BY_TYPE[str(result.api_error_type) ?? ""];
  return typed === "auth" && num(result.api_error_status) === 403 ? "forbidden" : typed;
}

/** The process ended without its result line: a signal, or a command line that it refused. */
function withoutResult(end: RunEnd): { kind: VerdictKind; detail: string } {
  const detail = lastLine(end.stderr) ?? "ended without a result line and without a word";
  const death = deathOf(end);
  if (death === "killed") return { kind: death, detail };
  if (/No conversation found/i.test(end.stderr)) return { kind: "session_not_found", detail };
  const refused =
    /cannot be used with root|unknown option|Input must be provided|native binary not installed/i;
  if (refused.test(end.stderr)) return { kind: "config", detail };
  return { kind: end.exitCode === 0 ? "no_result" : (kindOfWords(end.stderr) ?? "no_result"), detail };
}

function whoAndWhat(notes: Notes, result: Json | undefined): Pick<Verdict, "agentSession" | "model"> {
  const main = busiest(result?.modelUsage, (model) => count(model.outputTokens));
  return defined({ agentSession: notes.agentSession, model: main ?? notes.model });
}

/** `usage` counts this run; the cost counts the whole session, so after a resume it is only a total. */
function spent(result: Json | undefined, end: RunEnd): Pick<Verdict, "usage" | "costUsd" | "sessionTotal"> {
  if (!result) return {};
  const tokens = obj(result.usage);
  const usage = usageOf({
    input: count(tokens.input_tokens) + count(tokens.cache_creation_input_tokens),
    cached: count(tokens.cache_read_input_tokens),
    output: count(tokens.output_tokens),
    reasoning: count(obj(tokens.output_tokens_details).thinking_tokens),
  });
  const costUsd = num(result.total_cost_usd);
  if (costUsd === undefined) return { usage };
  return end.resumed ? { usage, sessionTotal: { costUsd } } : { usage, costUsd };
}

function structured(result: Json): string | undefined {
  return result.structured_output === undefined ? undefined : JSON.stringify(result.structured_output);
}
