import { isLimit, type Verdict, type VerdictKind } from "../../../domain/verdict.ts";
import { defined } from "../../../domain/defined.ts";
import { count, num, obj, parseObject, str, usageOf, type Json } from "../json.ts";
import { deathOf, exitIsFine, retryAt, type Notes } from "../jsonReader.ts";
import type { RunEnd } from "../port.ts";
import { resetTimeIn } from "../resetTime.ts";
import { kindOfWords, lastLine } from "../words.ts";
import type { ClineFacts } from "./facts.ts";

type Failure = { kind: VerdictKind; detail: string; retryAt?: number };

/** `errorClass` of an error event. */
const BY_CLASS: Record<string, VerdictKind> = {
  auth: "auth",
  rate_limit: "rate_limit",
  billing: "billing",
  context_window: "context",
  context_window_exceeded: "context",
  network: "network",
  overloaded: "overloaded",
};

/** `finishReason` of the result, but for completed and error. */
const BY_REASON: readonly (readonly [RegExp, VerdictKind, string])[] = [
  [/max_?iterations|max_?turns/i, "max_turns", "it reached its own limit of iterations"],
  [/abort|cancel/i, "cancelled", "it was stopped"],
  [/mistake/i, "loop", "it made mistakes in a row and gave up"],
  [/length|max_?tokens/i, "truncated", "the answer was cut by the token limit"],
];

/** The verdict on a run of Cline: `run_result` completed, exit 0 and an answer. */
export function judgeCline(facts: ClineFacts, end: RunEnd, notes: Notes): Verdict {
  const { result } = facts;
  const known = { ...defined({ agentSession: notes.agentSession, model: notes.model }), ...spent(result) };
  if (!result) return { ...known, ok: false, ...withoutResult(facts, end) };
  if (result.finishReason === "completed" && exitIsFine(end)) {
    const text = str(result.text);
    if (text === undefined) return { ...known, ok: false, kind: "empty", detail: "the answer was empty" };
    return { ...known, ok: true, kind: "success", text };
  }
  return { ...known, ok: false, ...failure(facts, result, end) };
}

/** The kind of an error event: the words first where they name a plan's limit, which the class calls a rate. */
export function kindOfClineError(event: Json, words: string): VerdictKind {
  const said = kindOfWords(words);
  if (said === "usage_limit" || said === "context") return said;
  return BY_CLASS[str(event.errorClass) ?? ""] ?? said ?? "unknown";
}

function failure(facts: ClineFacts, result: Json, end: RunEnd): Failure {
  const reason = str(result.finishReason) ?? "nothing";
  const known = BY_REASON.find(([pattern]) => pattern.test(reason));
  if (known) return { kind: known[1], detail: known[2] };
  return explained(facts, str(result.text) ?? facts.complaint ?? `it finished with "${reason}"`, end);
}

function explained({ error }: ClineFacts, said: string, end: RunEnd): Failure {
  const detail = str(obj(error?.error).message) ?? said;
  const kind = kindOfClineError(error ?? {}, detail);
  return { kind, detail, ...retryAt(isLimit(kind) ? resetTimeIn(detail, end.now) : undefined) };
}

/** It complains in a JSON line on stderr, too. */
function withoutResult(facts: ClineFacts, end: RunEnd): Failure {
  const last = lastLine(end.stderr);
  const complaint = str(parseObject(last ?? "")?.message) ?? facts.complaint;
  const detail = complaint ?? last ?? "ended without a result line and without a word";
  const death = deathOf(end);
  if (death === "killed") return { kind: death, detail };
  if (/session.*not found|no (such )?session|unknown session/i.test(detail))
    return { kind: "session_not_found", detail };
  if (/requires a prompt|^invalid |unknown option|must be passed as/i.test(detail))
    return { kind: "config", detail };
  if (facts.error) return explained(facts, detail, end);
  return { kind: (end.exitCode === 0 ? undefined : kindOfWords(complaint)) ?? "no_result", detail };
}

/** Cached tokens are part of the input. A cost of 0 means that it knows no price. */
function spent(result: Json | undefined): Pick<Verdict, "usage" | "costUsd"> {
  if (!result) return {};
  const tokens = obj(result.aggregateUsage ?? result.usage);
  if (num(tokens.inputTokens) === undefined) return {};
  const cached = count(tokens.cacheReadTokens);
  const usage = usageOf({
    input: count(tokens.inputTokens) - cached,
    cached,
    output: count(tokens.outputTokens),
  });
  const costUsd = count(tokens.totalCost);
  return costUsd > 0 ? { usage, costUsd } : { usage };
}
