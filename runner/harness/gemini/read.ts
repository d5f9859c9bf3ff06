import { brief, clip, obj, str, type Json } from "../json.ts";
import { createJsonReader, TEXT_LIMIT, type Notes } from "../jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader } from "../port.ts";
import { retryNotice } from "../retryLine.ts";
import type { GeminiFacts } from "./facts.ts";
import { judgeGemini } from "./judge.ts";

/** Reader of Gemini's stream-json. Text comes as deltas; a call that it retries repeats its deltas. */
export function readGemini(): Reader {
  const facts: GeminiFacts = { result: undefined, answer: "", error: undefined };
  return createJsonReader({
    event(value, notes) {
      switch (value.type) {
        case "init":
          notes.agentSession = str(value.session_id);
          notes.model = str(value.model);
          return [
            {
              type: "session",
              id: notes.agentSession ?? "",
              text: `session, model ${notes.model ?? "unknown"}`,
            },
          ];
        case "message":
          return messageEvent(value, facts, notes);
        case "tool_use":
          notes.trouble = undefined;
          facts.answer = "";
          return [toolStart(value)];
        case "tool_result":
          return [toolEnd(value)];
        case "error":
          facts.error = str(value.message);
          return [{ type: "error", text: brief(value.message, EVENT_TEXT_LIMIT) }];
        case "result":
          facts.result = value;
          notes.finished = true;
          return [resultEvent(value, facts)];
        default:
          return [];
      }
    },
    stderrLine: retryNotice,
    verdict: (end, notes) => judgeGemini(facts, end, notes),
  });
}

function messageEvent(value: Json, facts: GeminiFacts, notes: Notes): AgentEvent[] {
  if (value.role !== "assistant") return [];
  notes.trouble = undefined;
  const text = str(value.content) ?? "";
  // A message that is no piece of one is a whole one.
  if (value.delta !== true) facts.answer = "";
  if (facts.answer.length < TEXT_LIMIT) facts.answer = clip(facts.answer + text, TEXT_LIMIT);
  return text ? [{ type: "text", text: brief(text, EVENT_TEXT_LIMIT) }] : [];
}

function toolStart(value: Json): AgentEvent {
  const name = str(value.tool_name) ?? "tool";
  return {
    type: "tool_start",
    id: str(value.tool_id) ?? "",
    name,
    text: brief(value.parameters, EVENT_TEXT_LIMIT),
  };
}

function toolEnd(value: Json): AgentEvent {
  const text = brief(value.output ?? obj(value.error).message, EVENT_TEXT_LIMIT);
  return { type: "tool_end", id: str(value.tool_id) ?? "", ok: value.status === "success", text };
}

function resultEvent(value: Json, facts: GeminiFacts): AgentEvent {
  const ok = value.status === "success";
  return {
    type: "result",
    ok,
    text: ok ? facts.answer : (str(obj(value.error).message) ?? facts.error ?? "failed"),
  };
}
