import { isLimit } from "../../../domain/verdict.ts";
import { brief, clip, list, num, obj, str, type Json } from "../json.ts";
import { createJsonReader, shortened, type Notes } from "../jsonReader.ts";
import { assistantBlocks, sessionBegun, toolResults } from "../messageBlocks.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader } from "../port.ts";
import { kindOfWords, plain } from "../words.ts";
import type { QwenFacts } from "./facts.ts";
import { judgeQwen } from "./judge.ts";

/** A wait that it announces against a limit, and from which on the cascade is quicker, ms. */
const LONG_WAIT_MS = 30_000;
/** How many attempts of its own it may make against a limit. */
const OWN_ATTEMPTS = 2;

/** Reader of Qwen's stream-json: Claude's blocks, with its own retries and errors. */
export function readQwen(): Reader {
  const facts: QwenFacts = { result: undefined, apiError: undefined };
  return createJsonReader({
    event(value, notes) {
      notes.agentSession = str(value.session_id) ?? notes.agentSession;
      switch (value.type) {
        case "system":
          return systemEvent(value, notes);
        case "assistant":
          return assistantEvent(obj(value.message), facts, notes);
        case "user":
          notes.trouble = undefined;
          return toolResults(obj(value.message));
        case "result":
          facts.result = { ...value, result: shortened(value.result) };
          notes.finished = true;
          return [resultEvent(value)];
        default:
          return [];
      }
    },
    stderrLine: retryLine,
    verdict: (end, notes) => judgeQwen(facts, end, notes),
  });
}

function systemEvent(value: Json, notes: Notes): AgentEvent[] {
  if (value.subtype === "init") return sessionBegun(value, value.qwen_code_version, notes);
  if (value.subtype !== "retry") return [];
  const data = obj(value.data);
  const delayMs = num(data.delayMs) ?? 0;
  const text = `retry ${brief(data.attempt, 9)} of ${brief(data.maxRetries, 9)} in ${delayMs} ms`;
  // Why it retries is said on stderr, a moment before or after.
  notes.trouble ??= { kind: "network", text };
  return [{ type: "retry_notice", kind: notes.trouble.kind, delayMs, text }];
}

/** "Retrying in 60s (attempt 1/10): [API Error: 429 …]" */
function retryLine(line: string, notes: Notes): AgentEvent[] {
  const found = /^Retrying in ([\d.]+)(ms|s|m)\b.*?\(attempt (\d+)/i.exec(plain(line));
  if (!found) return [];
  const [, amount, unit = "s", attempt] = found;
  const delayMs = Number(amount) * ({ ms: 1, s: 1000, m: 60_000 }[unit.toLowerCase()] ?? 1000);
  const kind = kindOfWords(line) ?? "network";
  const stopNow = isLimit(kind) && (Number(attempt) >= OWN_ATTEMPTS || delayMs >= LONG_WAIT_MS);
  notes.trouble = { kind, text: clip(line, EVENT_TEXT_LIMIT), stopNow };
  return [{ type: "retry_notice", kind, delayMs, text: line }];
}

const API_ERROR = /^\[API Error: /;

/** An error of the provider stands where an answer would, in brackets. */
function assistantEvent(message: Json, facts: QwenFacts, notes: Notes): AgentEvent[] {
  const texts = list(message.content).flatMap((part) => str(obj(part).text) ?? []);
  const error = texts.find((text) => API_ERROR.test(text));
  facts.apiError = error ?? facts.apiError;
  notes.trouble = undefined;
  notes.finished = false;
  const model = str(message.model);
  if (model !== undefined) notes.model = model;
  return assistantBlocks(message, error !== undefined);
}

function resultEvent(value: Json): AgentEvent {
  const ok = value.subtype === "success" && value.is_error !== true;
  const text = value.result ?? obj(value.error).message ?? value.subtype;
  return { type: "result", ok, text: brief(text, EVENT_TEXT_LIMIT) };
}
