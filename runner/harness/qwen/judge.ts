import { isLimit, type Verdict, type VerdictKind } from "../../../domain/verdict.ts";
import { defined } from "../../../domain/defined.ts";
import type { Usage } from "../../../domain/usage.ts";
import { brief, count, list, num, obj, str, usageOf, type Json } from "../json.ts";
import { deathOf, exitIsFine, retryAt, type Notes } from "../jsonReader.ts";
import type { RunEnd } from "../port.ts";
import { resetTimeIn } from "../resetTime.ts";
import { kindOfWords, lastLine } from "../words.ts";
import type { QwenFacts } from "./facts.ts";

type Failure = { kind: VerdictKind; detail: string; retryAt?: number };

const BY_SUBTYPE: Record<string, VerdictKind> = {
  error_max_turns: "max_turns",
  error_max_structured_output_retries: "structured_output",
};

/** Qwen's own exit codes. */
const BY_EXIT: Record<number, VerdictKind> = {
  41: "auth",
  42: "config",
  52: "config",
  53: "max_turns",
  55: "budget",
};

/**
 * The verdict on a run of Qwen: `result.subtype` success, no error, exit 0, a model call and an answer. An error of the
 * provider is told in words alone.
 */
export function judgeQwen(facts: QwenFacts, end: RunEnd, notes: Notes): Verdict {
  const { result } = facts;
  const who = defined({ agentSession: notes.agentSession, model: notes.model });
  const known = { ...who, ...spent(result, end) };
  if (!result) return { ...known, ok: false, ...withoutResult(facts, end) };
  const text = str(result.result);
  if (result.subtype !== "success" || result.is_error === true || !exitIsFine(end))
    return { ...known, ok: false, ...failure(facts, result, end) };
  if (num(result.num_turns) === 0) {
    const detail = `no model was asked; Qwen answered by itself: ${text ?? "nothing"}`;
    return { ...known, ok: false, kind: "no_model_call", detail };
  }
  if (text === undefined) return { ...known, ok: false, ...silence(result) };
  return { ...known, ok: true, kind: "success", text };
}

function silence(result: Json): Failure {
  if (list(result.permission_denials).length > 0)
    return { kind: "permission_denied", detail: "it said nothing after a refused permission" };
  return { kind: "empty", detail: "the answer was empty" };
}

function failure(facts: QwenFacts, result: Json, end: RunEnd): Failure {
  const said = str(obj(result.error).message) ?? str(result.error) ?? str(result.result) ?? facts.apiError;
  const detail = said ?? `it ended with "${brief(result.subtype, 100)}"`;
  const own = BY_SUBTYPE[str(result.subtype) ?? ""] ?? BY_EXIT[end.exitCode ?? 0];
  const kind = own ?? kindOfWords(detail) ?? (num(result.num_turns) === 0 ? "no_model_call" : "unknown");
  return { kind, detail, ...retryAt(isLimit(kind) ? resetTimeIn(detail, end.now) : undefined) };
}

function withoutResult(facts: QwenFacts, end: RunEnd): Failure {
  const detail = facts.apiError ?? lastLine(end.stderr) ?? "ended without a result line and without a word";
  const death = deathOf(end);
  if (death === "killed") return { kind: death, detail };
  if (/No saved session found|invalid session/i.test(end.stderr))
    return { kind: "session_not_found", detail };
  if (/Unknown argument|Invalid values|No input provided|No prompt/i.test(end.stderr))
    return { kind: "config", detail };
  const words = end.exitCode === 0 ? undefined : kindOfWords(detail);
  return { kind: BY_EXIT[end.exitCode ?? 0] ?? words ?? "no_result", detail };
}

/** It counts the whole session, helper calls included: after a resume it is only a total. */
function spent(result: Json | undefined, end: RunEnd): Pick<Verdict, "usage" | "sessionTotal"> {
  const usage = usageIn(result);
  if (usage === undefined) return {};
  return end.resumed ? { sessionTotal: { usage } } : { usage };
}

/** With an OpenAI-like provider the cached tokens are part of the input, with others not: the total tells. */
function usageIn(result: Json | undefined): Usage | undefined {
  if (result?.usage === undefined) return undefined;
  const tokens = obj(result.usage);
  const [input, output] = [count(tokens.input_tokens), count(tokens.output_tokens)];
  const cached = count(tokens.cache_read_input_tokens);
  const isOutside = num(tokens.total_tokens) === input + output + cached && cached > 0;
  return usageOf({ input: isOutside ? input : input - cached, cached, output });
}
