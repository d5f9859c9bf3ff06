import { brief, list, obj, str, type Json } from "../json.ts";
import { createJsonReader, shortened, type Notes } from "../jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader } from "../port.ts";
import type { ClineFacts } from "./facts.ts";
import { judgeCline, kindOfClineError } from "./judge.ts";

/** Reader of Cline's JSON lines. Text comes in pieces; `run_result` is the end. */
export function readCline(): Reader {
  const facts: ClineFacts = { result: undefined, error: undefined, complaint: undefined };
  return createJsonReader({
    event(value, notes) {
      switch (value.type) {
        case "hook_event":
          return sessionEvent(value, notes);
        case "agent_event":
          return agentEvent(obj(value.event), facts, notes);
        case "run_result":
          facts.result = { ...value, text: shortened(value.text) };
          notes.model = str(obj(value.model).id) ?? notes.model;
          notes.finished = true;
          return [resultEvent(value)];
        case "error":
          facts.complaint = str(value.message) ?? facts.complaint;
          return [{ type: "error", text: brief(value.message, EVENT_TEXT_LIMIT) }];
        default:
          return [];
      }
    },
    verdict: (end, notes) => judgeCline(facts, end, notes),
  });
}

/** Its lines do not name the id by which `--id` goes on with a session; the conversation's own is for the eye. */
function sessionEvent(value: Json, notes: Notes): AgentEvent[] {
  if (value.hookEventName !== "agent_start") return [];
  notes.finished = false;
  const id = str(value.taskId) ?? "";
  return [{ type: "session", id, text: `conversation ${id}` }];
}

function agentEvent(event: Json, facts: ClineFacts, notes: Notes): AgentEvent[] {
  switch (event.type) {
    case "content_start":
      notes.trouble = undefined;
      return contentStart(event);
    case "content_end":
      return event.contentType === "tool" ? [toolEnd(event)] : [];
    case "error":
      return errorEvent(event, facts, notes);
    default:
      return [];
  }
}

function contentStart(event: Json): AgentEvent[] {
  if (event.contentType === "tool") {
    const id = str(event.toolCallId) ?? "";
    const text = brief(event.input, EVENT_TEXT_LIMIT);
    return [{ type: "tool_start", id, name: str(event.toolName) ?? "tool", text }];
  }
  const text = brief(event.text ?? event.reasoning, EVENT_TEXT_LIMIT);
  if (text === "") return [];
  return [{ type: event.contentType === "text" ? "text" : "thinking", text }];
}

function toolEnd(event: Json): AgentEvent {
  const results = list(event.output).map(obj);
  const failed = event.error !== undefined || results.some(({ success }) => success === false);
  const words = results.map((one) => brief(one.error ?? one.result, EVENT_TEXT_LIMIT)).join("\n");
  const text = brief(event.error ?? (words || event.output), EVENT_TEXT_LIMIT);
  return { type: "tool_end", id: str(event.toolCallId) ?? "", ok: !failed, text };
}

/** Only what it will try again is a wait; the rest ends the run. */
function errorEvent(event: Json, facts: ClineFacts, notes: Notes): AgentEvent[] {
  facts.error = event;
  const text = brief(obj(event.error).message ?? event.message, EVENT_TEXT_LIMIT);
  if (event.recoverable !== true) return [{ type: "error", text }];
  const kind = kindOfClineError(event, text);
  notes.trouble = { kind, text };
  return [{ type: "retry_notice", kind, text }];
}

function resultEvent(value: Json): AgentEvent {
  return {
    type: "result",
    ok: value.finishReason === "completed",
    text: brief(value.text, EVENT_TEXT_LIMIT),
  };
}
