import { isLimit, type Verdict, type VerdictKind } from "../../../domain/verdict.ts";
import { defined } from "../../../domain/defined.ts";
import { num, obj, str } from "../json.ts";
import { deathOf, exitIsFine, retryAt, type Notes } from "../jsonReader.ts";
import type { RunEnd } from "../port.ts";
import { resetTimeIn } from "../resetTime.ts";
import { kindOfStatus, kindOfWords, lastLine } from "../words.ts";
import type { CodexFacts } from "./facts.ts";
import { codexUsage } from "./rollout.ts";

/** `codex_error_info` of the rollout. */
const BY_CODE: Record<string, VerdictKind> = {
  usage_limit_exceeded: "usage_limit",
  rate_limit_exceeded: "rate_limit",
  context_window_exceeded: "context",
  server_overloaded: "overloaded",
  internal_server_error: "server",
  unauthorized: "auth",
  model_not_found: "model_not_found",
};

/** The verdict on a run of Codex: `turn.completed` and exit 0 is success; the typed error is in the rollout. */
export function judgeCodex(facts: CodexFacts, end: RunEnd, notes: Notes): Verdict {
  const { model } = facts.rollout;
  const known = { ...defined({ agentSession: notes.agentSession, model }), ...spent(facts, end) };
  const { turn } = facts;
  if (!turn) return { ...known, ok: false, ...withoutTurn(facts, end) };
  if (turn.type === "turn.completed" && exitIsFine(end)) {
    if (!facts.answer)
      return { ...known, ok: false, kind: "empty", detail: "the turn ended without a message" };
    return { ...known, ok: true, kind: "success", text: facts.answer };
  }
  return { ...known, ok: false, ...failure(facts, errorMessage(turn.error) ?? facts.error, end) };
}

function errorMessage(error: unknown): string | undefined {
  return str(obj(error).message) ?? str(error);
}

function failure(
  facts: CodexFacts,
  said: string | undefined,
  end: RunEnd,
): { kind: VerdictKind; detail: string; retryAt?: number } {
  const detail = said ?? `it ended with ${end.exitSignal ?? `exit code ${end.exitCode ?? "unknown"}`}`;
  const kind = failureKind(facts, detail);
  const planned = kind === "usage_limit" ? facts.rollout.resetsAt : undefined;
  return { kind, detail, ...retryAt(planned ?? (isLimit(kind) ? resetTimeIn(detail, end.now) : undefined)) };
}

function failureKind(facts: CodexFacts, detail: string): VerdictKind {
  const info = facts.rollout.errorInfo;
  const codes = typeof info === "string" ? [info] : Object.keys(obj(info));
  const known = codes.map((code) => BY_CODE[snakeCase(code)]).find((kind) => kind !== undefined);
  return known ?? kindOfStatus(statusWithin(info)) ?? kindOfWords(detail) ?? "unknown";
}

/** The same codes are written `usageLimitExceeded` by its other interfaces. */
function snakeCase(code: string): string {
  return code.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `{http_connection_failed: {http_status_code: 401}}`: the name around the status varies. */
function statusWithin(info: unknown): number | undefined {
  return Object.values(obj(info))
    .map(obj)
    .map((inner) => num(inner.http_status_code) ?? num(inner.httpStatusCode))
    .find((status) => status !== undefined);
}

/** No terminal line: a signal, an interruption, or a command line or folder that it refused. */
function withoutTurn(facts: CodexFacts, end: RunEnd): { kind: VerdictKind; detail: string } {
  const detail = lastLine(end.stderr) ?? facts.error ?? "ended without a terminal line and without a word";
  const death = deathOf(end);
  if (death === "killed") return { kind: death, detail };
  if (facts.rollout.aborted) return { kind: "cancelled", detail: "the turn was interrupted" };
  if (end.resumed && /no rollout found|no saved session/i.test(end.stderr))
    return { kind: "session_not_found", detail };
  if (/Not inside a trusted directory/i.test(end.stderr)) return { kind: "untrusted_dir", detail };
  if (/No prompt provided|unexpected argument|error: |invalid value/i.test(end.stderr))
    return { kind: "config", detail };
  return { kind: "no_result", detail };
}

/** Stdout counts the whole thread; the rollout knows this turn. Neither is printed when the turn failed. */
function spent(facts: CodexFacts, end: RunEnd): Pick<Verdict, "usage" | "sessionTotal"> {
  const total = facts.turn?.usage === undefined ? undefined : codexUsage(obj(facts.turn.usage));
  const { turnUsage } = facts.rollout;
  if (!end.resumed) {
    const usage = total ?? turnUsage;
    return usage ? { usage } : {};
  }
  return { ...(turnUsage ? { usage: turnUsage } : {}), ...(total ? { sessionTotal: { usage: total } } : {}) };
}
