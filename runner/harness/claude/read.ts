import { defined } from "../../../domain/defined.ts";
import { brief, num, obj, str, type Json } from "../json.ts";
import { createJsonReader, shortened, type Notes } from "../jsonReader.ts";
import { assistantBlocks, sessionBegun, toolResults } from "../messageBlocks.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader } from "../port.ts";
import { epochMs } from "../resetTime.ts";
import { kindOfStatus, kindOfWords } from "../words.ts";
import type { ClaudeFacts } from "./facts.ts";
import { judgeClaude } from "./judge.ts";

/** Reader of Claude's stream-json. Unknown events are ignored; the result's key order varies by version. */
export function readClaude(): Reader {
  const facts: ClaudeFacts = { result: undefined, apiError: undefined, limit: undefined };
  return createJsonReader({
    event(value, notes) {
      notes.agentSession = str(value.session_id) ?? notes.agentSession;
      switch (value.type) {
        case "system":
          return systemEvent(value, notes);
        case "assistant":
          if (value.error !== undefined || value.is_api_error_message === true) facts.apiError = value;
          return progress(notes, assistantEvents(value, notes));
        case "user":
          return progress(notes, toolResults(obj(value.message)));
        case "rate_limit_event":
          facts.limit = obj(value.rate_limit_info);
          return limitNotice(facts.limit);
        case "result":
          facts.result = { ...value, result: shortened(value.result) };
          notes.finished = true;
          return resultEvent(value);
        default:
          return [];
      }
    },
    verdict: (end, notes) => judgeClaude(facts, end, notes),
  });
}

function systemEvent(value: Json, notes: Notes): AgentEvent[] {
  if (value.subtype === "init") return sessionBegun(value, value.claude_code_version, notes);
  if (value.subtype === "permission_denied") {
    return [{ type: "error", text: `permission denied: ${brief(value.message ?? value.tool_name, 500)}` }];
  }
  if (value.subtype !== "api_retry") return [];
  const status = num(value.error_status);
  const kind = kindOfStatus(status) ?? kindOfWords(str(value.error)) ?? "network";
  const delayMs = num(value.retry_delay_ms) ?? 0;
  const text = `retry ${brief(value.attempt, 9)} of ${brief(value.max_retries, 9)} in ${delayMs} ms: ${status ?? str(value.error) ?? "no answer"}`;
  notes.trouble = { kind, text };
  return [{ type: "retry_notice", kind, delayMs, text }];
}

/** Anything the model does after a retry shows that the trouble is over, or that the work goes on after a result. */
function progress(notes: Notes, events: AgentEvent[]): AgentEvent[] {
  notes.trouble = undefined;
  notes.finished = false;
  return events;
}

function assistantEvents(value: Json, notes: Notes): AgentEvent[] {
  const message = obj(value.message);
  const model = str(message.model);
  if (model && model !== "<synthetic>") notes.model = model;
  const failed = value.is_api_error_message === true || value.error !== undefined;
  return assistantBlocks(message, failed);
}

function limitNotice(info: Json): AgentEvent[] {
  const status = str(info.status) ?? "unknown";
  if (status === "allowed") return [];
  const retryAt = epochMs(info.resetsAt);
  const used = num(info.utilization);
  const share = used === undefined ? "" : `, ${Math.round(used * 100)} % used`;
  return [
    {
      type: "limit_notice",
      rejected: status === "rejected",
      ...defined({ retryAt }),
      text: `${str(info.rateLimitType) ?? "plan"} limit: ${status}${share}`,
    },
  ];
}

function resultEvent(value: Json): AgentEvent[] {
  const ok = value.subtype === "success" && value.is_error !== true;
  return [
    { type: "result", ok, text: brief(value.result ?? value.errors ?? value.subtype, EVENT_TEXT_LIMIT) },
  ];
}
