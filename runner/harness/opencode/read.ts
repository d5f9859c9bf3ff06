import { isLimit } from "../../../domain/verdict.ts";
import { addUsage, NO_USAGE } from "../../../domain/usage.ts";
import { brief, clip, count, num, obj, str, usageOf, type Json } from "../json.ts";
import { createJsonReader, TEXT_LIMIT, type Notes } from "../jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader, type Trouble } from "../port.ts";
import { kindOfWords, plain } from "../words.ts";
import type { OpencodeFacts } from "./facts.ts";
import { judgeOpencode, kindOfError } from "./judge.ts";
import { waitingIn } from "./limitPlugin.ts";

/** A provider that answers with no event stream makes OpenCode call it thousands of times; stop that early. */
const EMPTY_STEPS_LIMIT = 20;
/** Refusals in a row for a limit after which waiting on is left to the cascade: a short one has passed by then. */
const REFUSALS = 3;
/** A wait for a limit that is longer is left to the cascade at once, ms. */
const LONG_WAIT_MS = 15_000;

/** Reader of OpenCode's JSON lines. There is no terminal event: a last step that finished with "stop" is the end. */
export function readOpencode(): Reader {
  const facts: OpencodeFacts = {
    reason: undefined,
    error: undefined,
    waiting: undefined,
    limits: 0,
    answer: undefined,
    usage: NO_USAGE,
    costUsd: 0,
    steps: 0,
    emptySteps: 0,
  };
  return createJsonReader({
    event: (value, notes) => [...sessionEvent(value, notes), ...partEvents(value, facts, notes)],
    stderrLine: (line, notes) => waitLine(line, facts, notes) ?? errorLog(line, facts, notes),
    verdict: (end, notes) => judgeOpencode(facts, end, notes),
  });
}

function sessionEvent(value: Json, notes: Notes): AgentEvent[] {
  const id = str(value.sessionID);
  if (!id || notes.agentSession === id) return [];
  notes.agentSession = id;
  return [{ type: "session", id, text: `session ${id}` }];
}

function partEvents(value: Json, facts: OpencodeFacts, notes: Notes): AgentEvent[] {
  const part = obj(value.part);
  switch (value.type) {
    case "step_start":
      // Said when the provider answers, before a tool that may run for long.
      if (!notes.trouble?.stopNow) notes.trouble = undefined;
      answered(facts);
      notes.finished = false;
      return [];
    case "text":
      progress(facts, notes);
      facts.answer = clip(str(part.text) ?? "", TEXT_LIMIT);
      return [{ type: "text", text: brief(part.text, EVENT_TEXT_LIMIT) }];
    case "reasoning":
      progress(facts, notes);
      return [{ type: "thinking", text: brief(part.text, EVENT_TEXT_LIMIT) }];
    case "tool_use":
      progress(facts, notes);
      return toolEvents(part);
    case "step_finish":
      return stepFinished(part, facts, notes);
    case "error":
      facts.error = obj(value.error);
      return [
        { type: "error", text: brief(obj(facts.error.data).message ?? facts.error.name, EVENT_TEXT_LIMIT) },
      ];
    default:
      return [];
  }
}

function progress(facts: OpencodeFacts, notes: Notes): void {
  facts.emptySteps = 0;
  answered(facts);
  notes.trouble = undefined;
}

function answered(facts: OpencodeFacts): void {
  facts.waiting = undefined;
  facts.limits = 0;
}

/** A tool is reported once, after it ended. */
function toolEvents(part: Json): AgentEvent[] {
  const state = obj(part.state);
  const id = str(part.callID) ?? "";
  const exit = num(obj(state.metadata).exit);
  const ok = state.status === "completed" && (exit === undefined || exit === 0);
  return [
    { type: "tool_start", id, name: str(part.tool) ?? "tool", text: brief(state.input, EVENT_TEXT_LIMIT) },
    { type: "tool_end", id, ok, text: brief(state.error ?? state.output, EVENT_TEXT_LIMIT) },
  ];
}

function stepFinished(part: Json, facts: OpencodeFacts, notes: Notes): AgentEvent[] {
  const tokens = obj(part.tokens);
  const cache = obj(tokens.cache);
  facts.steps += 1;
  facts.emptySteps += 1;
  facts.reason = str(part.reason);
  facts.costUsd += count(part.cost);
  facts.usage = addUsage(
    facts.usage,
    usageOf({
      input: count(tokens.input) + count(cache.write),
      cached: count(cache.read),
      output: count(tokens.output) + count(tokens.reasoning),
      reasoning: count(tokens.reasoning),
    }),
  );
  if (facts.emptySteps >= EMPTY_STEPS_LIMIT) {
    notes.trouble = {
      kind: "server",
      text: `${facts.emptySteps} steps in a row without text or tool`,
      stopNow: true,
    };
  }
  notes.finished = facts.reason === "stop" || facts.reason === "length";
  if (!notes.finished) return [];
  return [{ type: "result", ok: facts.reason === "stop", text: facts.answer ?? facts.reason ?? "" }];
}

/**
 * An error of the session's own calls in the log, for example `message="stream error" … error.error="AI_APICallError:
 * Rate limit…"`. Errors of its helpers (titles, language servers) say nothing about the work.
 */
function errorLog(line: string, facts: OpencodeFacts, notes: Notes): AgentEvent[] {
  const text = plain(line);
  if (!/level=ERROR/.test(text) || !/message="?(stream error|process)\b/.test(text)) return [];
  if (/\bsmall=true\b/.test(text)) return [];
  const said = /error(?:\.\w+)*=(?:"((?:[^"\\]|\\.)*)"|(\S+))/.exec(text);
  const words = said?.[1] ?? said?.[2] ?? text;
  const kind = kindOfWords(words) ?? "server";
  facts.limits = isLimit(kind) ? facts.limits + 1 : 0;
  wait(notes, { kind, text: words, stopNow: facts.limits >= REFUSALS });
  return [{ type: "retry_notice", kind, text: words }];
}

/** A line of our plugin: what it waits for, and how long. */
function waitLine(line: string, facts: OpencodeFacts, notes: Notes): AgentEvent[] | undefined {
  const waiting = waitingIn(line);
  if (waiting === undefined) return undefined;
  facts.waiting = waiting.error;
  const kind = kindOfError(waiting.error);
  const text = str(obj(waiting.error.data).message) ?? kind;
  const isLong = waiting.attempt >= REFUSALS || waiting.waitMs > LONG_WAIT_MS;
  wait(notes, { kind, text, stopNow: kind === "usage_limit" || (isLimit(kind) && isLong) });
  return [{ type: "retry_notice", kind, text }];
}

/** A later line takes nothing back: only progress does. */
function wait(notes: Notes, { kind, text, stopNow }: Trouble & { stopNow: boolean }): void {
  if (notes.trouble?.stopNow) return;
  notes.trouble = { kind, text: clip(text, EVENT_TEXT_LIMIT), ...(stopNow ? { stopNow } : {}) };
}
