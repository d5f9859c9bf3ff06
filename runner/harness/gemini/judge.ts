import { isLimit, type Verdict, type VerdictKind } from "../../../domain/verdict.ts";
import type { Usage } from "../../../domain/usage.ts";
import { defined } from "../../../domain/defined.ts";
import { busiest } from "../busiest.ts";
import { count, num, obj, str, usageOf, type Json } from "../json.ts";
import { deathOf, exitIsFine, retryAt, type Notes } from "../jsonReader.ts";
import type { RunEnd } from "../port.ts";
import { resetTimeIn } from "../resetTime.ts";
import { kindOfStatus, kindOfWords, lastLine } from "../words.ts";
import type { GeminiFacts } from "./facts.ts";

/** Gemini's own exit codes. */
const BY_EXIT: Record<number, VerdictKind> = {
  41: "auth",
  42: "config",
  44: "config",
  52: "config",
  53: "max_turns",
  55: "untrusted_dir",
};

/**
 * The verdict on a run of Gemini: `result.status` success and exit 0. Without a `result` line it failed, whatever the
 * exit code: it exits 0 when it was stopped. (It hides answers cut by a token or safety limit as success.)
 */
export function judgeGemini(facts: GeminiFacts, end: RunEnd, notes: Notes): Verdict {
  const { result } = facts;
  const known = defined({
    agentSession: notes.agentSession,
    model: busiest(obj(result?.stats).models, (model) => count(model.total_tokens)) ?? notes.model,
    usage: usageIn(result),
  });
  if (!result) return { ...known, ok: false, ...withoutResult(end, notes) };
  if (result.status === "success" && exitIsFine(end)) {
    if (facts.answer) return { ...known, ok: true, kind: "success", text: facts.answer };
    return { ...known, ok: false, kind: "empty", detail: facts.error ?? "the answer was empty" };
  }
  const said = str(obj(result.error).message) ?? str(result.error) ?? facts.error ?? lastLine(end.stderr);
  return { ...known, ok: false, ...failure(said ?? "an error without words", end) };
}

function failure(detail: string, end: RunEnd): { kind: VerdictKind; detail: string; retryAt?: number } {
  const kind = failureKind(detail, end);
  return { kind, detail, ...retryAt(isLimit(kind) ? resetTimeIn(detail, end.now) : undefined) };
}

function failureKind(detail: string, end: RunEnd): VerdictKind {
  if (end.exitCode === 53) return "max_turns";
  const words = kindOfWords(detail);
  if (words === "usage_limit" || words === "context") return words;
  return kindOfStatus(embeddedStatus(detail) ?? statusOfExit(end.exitCode)) ?? words ?? "unknown";
}

/** The provider's JSON is part of the message. */
function embeddedStatus(detail: string): number | undefined {
  const found = /"?(?:code|status)"?:\s*"?(\d{3})\b/.exec(detail);
  return found ? Number(found[1]) : undefined;
}

/** Gemini exits with the HTTP status, of which the system keeps the lowest 8 bits: 429 becomes 173. */
function statusOfExit(code: number | null): number | undefined {
  return code !== null && code >= 144 && code < 256 ? code + 256 : undefined;
}

function withoutResult(end: RunEnd, notes: Notes): { kind: VerdictKind; detail: string } {
  const detail = lastLine(end.stderr) ?? "ended without a result line and without a word";
  const known = BY_EXIT[end.exitCode ?? 0];
  if (known === "config" && /resuming session|invalid session/i.test(end.stderr))
    return { kind: "session_not_found", detail };
  if (known) return { kind: known, detail: reason(end.stderr) ?? detail };
  // Exit 0 without a result is how it ends when someone stopped it after it had begun.
  if (end.exitCode === 0) return { kind: notes.events > 0 ? "killed" : "no_result", detail };
  return { kind: deathOf(end), detail };
}

/** The line that names the reason; debug lines of the shutdown come after it. */
function reason(stderr: string): string | undefined {
  return lastLine(
    stderr
      .split("\n")
      .filter((line) => !/^\[STARTUP\]|^Ripgrep|^YOLO|^Update your environment/.test(line))
      .join("\n"),
  );
}

/** `output_tokens` leaves the thoughts out; they are what is missing from the total. */
function usageIn(result: Json | undefined): Usage | undefined {
  if (result?.stats === undefined) return undefined;
  const stats = obj(result.stats);
  const prompt = count(stats.input_tokens);
  const cached = count(stats.cached);
  const spoken = count(stats.output_tokens);
  const output = Math.max(spoken, count(stats.total_tokens) - prompt);
  return usageOf({ input: num(stats.input) ?? prompt - cached, cached, output, reasoning: output - spoken });
}
