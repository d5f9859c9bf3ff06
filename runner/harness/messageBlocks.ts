/** The content blocks of the messages API, as Claude Code and its relatives print them. */
import { brief, list, obj, str, type Json } from "./json.ts";
import type { Notes } from "./jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent } from "./port.ts";

/** The line with which a session begins; `version` is the CLI's own, under whatever name it tells it. */
export function sessionBegun(value: Json, version: unknown, notes: Notes): AgentEvent[] {
  notes.model = str(value.model);
  notes.version = str(version);
  const id = notes.agentSession ?? "";
  return [{ type: "session", id, text: `session ${id}, model ${notes.model ?? "unknown"}` }];
}

/** The events of an assistant's message; text of a failed one is an error. */
export function assistantBlocks(message: Json, failed: boolean): AgentEvent[] {
  return list(message.content).flatMap((part): AgentEvent[] => {
    const block = obj(part);
    if (block.type === "text") {
      const text = brief(block.text, EVENT_TEXT_LIMIT);
      return [failed ? { type: "error", text } : { type: "text", text }];
    }
    if (block.type === "thinking")
      return [{ type: "thinking", text: brief(block.thinking, EVENT_TEXT_LIMIT) }];
    if (block.type !== "tool_use") return [];
    const text = brief(block.input, EVENT_TEXT_LIMIT);
    return [{ type: "tool_start", id: str(block.id) ?? "", name: str(block.name) ?? "tool", text }];
  });
}

/** The ends of tools in a user's message. */
export function toolResults(message: Json): AgentEvent[] {
  return list(message.content).flatMap((part): AgentEvent[] => {
    const block = obj(part);
    if (block.type !== "tool_result") return [];
    const content = list(block.content);
    const text = content.length ? content.map((item) => str(obj(item).text) ?? "").join("\n") : block.content;
    const id = str(block.tool_use_id) ?? "";
    return [{ type: "tool_end", id, ok: block.is_error !== true, text: brief(text, EVENT_TEXT_LIMIT) }];
  });
}
