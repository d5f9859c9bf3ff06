import { brief, clip, list, num, obj, str, type Json } from "../json.ts";
import { createJsonReader, TEXT_LIMIT, type Notes } from "../jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader } from "../port.ts";
import { kindOfWords } from "../words.ts";
import type { CodexFacts } from "./facts.ts";
import { judgeCodex } from "./judge.ts";
import { NO_ROLLOUT, noteRollout } from "./rollout.ts";

/** Reader of `codex exec --json`. An `error` line is a notice: only `turn.completed` and `turn.failed` end a run. */
export function readCodex(): Reader {
  const facts: CodexFacts = {
    turn: undefined,
    answer: undefined,
    error: undefined,
    rollout: { ...NO_ROLLOUT },
  };
  return createJsonReader({
    event(value, notes) {
      switch (value.type) {
        case "thread.started":
          notes.agentSession = str(value.thread_id);
          return [
            { type: "session", id: notes.agentSession ?? "", text: `thread ${notes.agentSession ?? ""}` },
          ];
        case "turn.started":
          facts.turn = undefined;
          notes.finished = false;
          return [];
        case "item.started":
        case "item.completed":
          notes.trouble = undefined;
          return itemEvents(value, facts);
        case "error":
          return errorEvent(value, facts, notes);
        case "turn.completed":
        case "turn.failed":
          facts.turn = value;
          notes.finished = true;
          return [turnEvent(value, facts)];
        default:
          return [];
      }
    },
    evidence: (line) => noteRollout(facts.rollout, line),
    verdict: (end, notes) => judgeCodex(facts, end, notes),
  });
}

function errorEvent(value: Json, facts: CodexFacts, notes: Notes): AgentEvent[] {
  const text = str(value.message) ?? "an error without words";
  facts.error = text;
  if (!/^Reconnecting/i.test(text)) return [{ type: "error", text }];
  const kind = kindOfWords(text.replace(/^Reconnecting\.*/i, "")) ?? "network";
  notes.trouble = { kind, text };
  return [{ type: "retry_notice", kind, text }];
}

function turnEvent(value: Json, facts: CodexFacts): AgentEvent {
  if (value.type === "turn.completed") return { type: "result", ok: true, text: facts.answer ?? "" };
  return {
    type: "result",
    ok: false,
    text: str(obj(value.error).message) ?? str(value.error) ?? "the turn failed",
  };
}

const TOOLS: Record<string, (item: Json) => string> = {
  command_execution: (item) => str(item.command) ?? "command",
  file_change: (item) =>
    list(item.changes)
      .map((change) => brief(obj(change).path, 200))
      .join(" "),
  mcp_tool_call: (item) => `${str(item.server) ?? ""}.${str(item.tool) ?? ""} ${brief(item.arguments, 500)}`,
  web_search: (item) => str(item.query) ?? "",
  collab_tool_call: (item) => str(item.tool) ?? "",
};

function itemEvents(value: Json, facts: CodexFacts): AgentEvent[] {
  const item = obj(value.item);
  const type = str(item.type) ?? str(item.item_type) ?? "";
  const id = str(item.id) ?? "";
  const told = TOOLS[type];
  if (told && value.type === "item.started")
    return [{ type: "tool_start", id, name: type, text: told(item) }];
  if (value.type !== "item.completed") return [];
  if (told) return [{ type: "tool_end", id, ok: toolSucceeded(item), text: toolOutput(item, told) }];
  if (type === "agent_message" || type === "assistant_message") return answerEvent(item, facts);
  if (type === "reasoning") return [{ type: "thinking", text: brief(item.text, EVENT_TEXT_LIMIT) }];
  return type === "error" ? [{ type: "error", text: brief(item.message, EVENT_TEXT_LIMIT) }] : [];
}

/** Older versions called it otherwise and put its text elsewhere. */
function answerEvent(item: Json, facts: CodexFacts): AgentEvent[] {
  const text = str(item.text) ?? str(item.content) ?? "";
  facts.answer = clip(text, TEXT_LIMIT);
  return [{ type: "text", text: brief(text, EVENT_TEXT_LIMIT) }];
}

function toolSucceeded(item: Json): boolean {
  const code = num(item.exit_code);
  return item.status !== "failed" && (code === undefined || code === 0) && !item.error;
}

function toolOutput(item: Json, told: (item: Json) => string): string {
  const error = str(obj(item.error).message);
  return error ?? str(item.aggregated_output) ?? told(item);
}
