import { isLimit, type Verdict, type VerdictKind } from "../../../domain/verdict.ts";
import { defined } from "../../../domain/defined.ts";
import { list, num, obj, parseObject, str, type Json } from "../json.ts";
import { deathOf, exitIsFine, retryAt, type Notes } from "../jsonReader.ts";
import type { RunEnd } from "../port.ts";
import { epochMs, resetTimeIn, retryAfterHeader } from "../resetTime.ts";
import { kindOfStatus, kindOfWords, lastLine } from "../words.ts";
import type { OpencodeFacts } from "./facts.ts";

const BY_NAME: Record<string, VerdictKind> = {
  ContextOverflowError: "context",
  ContentFilterError: "refusal",
  ProviderAuthError: "auth",
  MessageOutputLengthError: "truncated",
  MessageAbortedError: "cancelled",
  ProviderModelNotFoundError: "model_not_found",
};

const BY_REASON: Record<string, readonly [VerdictKind, string]> = {
  length: ["truncated", "the answer was cut by the token limit"],
  "tool-calls": ["permission_denied", "the run ended on a tool call: a permission was refused"],
  "content-filter": ["refusal", "the provider's content filter ended the answer"],
  error: ["server", "the last step ended with an error"],
};

/**
 * The verdict on a run of OpenCode: exit 0, no error line, no torn line, and a last step that finished with "stop".
 */
export function judgeOpencode(facts: OpencodeFacts, end: RunEnd, notes: Notes): Verdict {
  const spent = facts.steps > 0 ? { usage: facts.usage } : {};
  // It counts 0 for a model whose price it does not know.
  const costUsd = facts.costUsd > 0 ? facts.costUsd : undefined;
  const known = { ...defined({ agentSession: notes.agentSession, costUsd }), ...spent };
  const error = lastError(facts, end);
  if (error) return { ...known, ok: false, ...failure(error, end) };
  if (notes.cutShort && end.endedBy === "exit" && end.exitCode === 0) {
    return { ...known, ok: false, kind: "output_cut", detail: "stdout ended inside a line" };
  }
  if (facts.reason === undefined || !exitIsFine(end)) return { ...known, ok: false, ...withoutEnd(end) };
  if (facts.reason === "stop") {
    if (!facts.answer) return { ...known, ok: false, kind: "empty", detail: "the answer was empty" };
    return { ...known, ok: true, kind: "success", text: facts.answer };
  }
  const [kind, detail] = BY_REASON[facts.reason] ?? [
    "unknown",
    `the last step finished with "${facts.reason}"`,
  ];
  return { ...known, ok: false, kind, detail };
}

function failure(error: Json, end: RunEnd): { kind: VerdictKind; detail: string; retryAt?: number } {
  const data = obj(error.data);
  const detail = str(data.message) ?? str(error.name) ?? "an error without words";
  const kind = failureKind(error, data, detail);
  if (!isLimit(kind)) return { kind, detail };
  return { kind, detail, ...retryAt(resetOf(data, end) ?? resetTimeIn(detail, end.now)) };
}

/** Where it was stopped while it waited, what it waited for knows the reset. */
function lastError({ error, waiting }: OpencodeFacts, end: RunEnd): Json | undefined {
  return error ?? (end.endedBy === "exit" ? undefined : waiting);
}

/** The kind of an error in OpenCode's own form. */
export function kindOfError(error: Json): VerdictKind {
  const data = obj(error.data);
  return failureKind(error, data, str(data.message) ?? "");
}

function failureKind(error: Json, data: Json, detail: string): VerdictKind {
  const named = BY_NAME[str(error.name) ?? ""];
  if (named) return named;
  const planned = /"(type|code)":\s*"(usage_limit_reached|insufficient_quota)"/;
  if (planned.test(str(data.responseBody) ?? "")) return "usage_limit";
  const status = num(data.statusCode) ?? num(parseObject(detail)?.code);
  return kindOfStatus(status) ?? kindOfWords(detail) ?? "unknown";
}

function resetOf(data: Json, end: RunEnd): number | undefined {
  const body = str(data.responseBody) ?? "";
  const resets = epochMs(num(obj(parseObject(body)?.error).resets_at));
  const header = headerOf(data, "retry-after");
  return resets ?? retryAfterHeader(header, end.now) ?? resetTimeIn(body, end.now);
}

/** Servers write the names of headers as they like. */
function headerOf(data: Json, name: string): string | undefined {
  const found = Object.entries(obj(data.responseHeaders)).find(([key]) => key.toLowerCase() === name)?.[1];
  return str(found) ?? str(list(found)[0]);
}

function withoutEnd(end: RunEnd): { kind: VerdictKind; detail: string } {
  const detail = lastLine(end.stderr) ?? "ended without a finished step and without a word";
  const death = deathOf(end);
  if (death === "killed") return { kind: death, detail };
  if (/Session not found|NotFoundError/i.test(end.stderr)) return { kind: "session_not_found", detail };
  if (/ProviderModelNotFoundError|Model not found/i.test(end.stderr))
    return { kind: "model_not_found", detail };
  // The first starts on a fresh home race for its database; the next try finds it made.
  if (/database is locked/i.test(end.stderr)) return { kind: "no_result", detail };
  if (/must provide a message|Unknown argument|Invalid config|ConfigInvalid/i.test(end.stderr))
    return { kind: "config", detail };
  return { kind: "no_result", detail };
}
