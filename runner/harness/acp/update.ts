import { brief, clip, list, num, obj, str, type Json } from "../json.ts";
import { TEXT_LIMIT, type Notes } from "../jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent } from "../port.ts";
import { kindOfStatus, kindOfWords } from "../words.ts";
import type { AcpFacts } from "./facts.ts";

/** The events of one `session/update`. The replay of an earlier session tells nothing but what it cost. */
export function updateEvents(update: Json, facts: AcpFacts, notes: Notes): AgentEvent[] {
  if (update.sessionUpdate === "usage_update") {
    const cost = obj(update.cost);
    if (cost.currency === undefined || cost.currency === "USD")
      facts.costUsd = num(cost.amount) ?? facts.costUsd;
  }
  if (!facts.prompted) return [];
  const retry = vendorRetry(update, notes);
  switch (update.sessionUpdate) {
    case "agent_message_chunk":
      return messageChunk(update, facts, notes);
    case "agent_thought_chunk":
      notes.trouble = undefined;
      return said("thinking", update);
    case "tool_call":
    case "tool_call_update":
      return toolCall(update, facts, notes);
    default:
      return retry;
  }
}

function messageChunk(update: Json, facts: AcpFacts, notes: Notes): AgentEvent[] {
  const id = str(update.messageId);
  if (id !== facts.messageId) facts.answer = "";
  facts.messageId = id;
  notes.trouble = undefined;
  const text = str(obj(update.content).text) ?? "";
  if (facts.answer.length < TEXT_LIMIT) facts.answer = clip(facts.answer + text, TEXT_LIMIT);
  return said("text", update);
}

function said(type: "text" | "thinking", update: Json): AgentEvent[] {
  const text = brief(obj(update.content).text, EVENT_TEXT_LIMIT);
  return text === "" ? [] : [{ type, text }];
}

/** A call is told once when it begins and once when it ends, however often the agent updates it. */
function toolCall(update: Json, facts: AcpFacts, notes: Notes): AgentEvent[] {
  const id = str(update.toolCallId) ?? "";
  notes.trouble = undefined;
  const events: AgentEvent[] = [];
  const ended = update.status === "completed" || update.status === "failed";
  if (!facts.open.has(id) && (update.sessionUpdate === "tool_call" || ended)) {
    facts.open.add(id);
    facts.tools += 1;
    facts.answer = "";
    const name = str(update.name) ?? str(update.title) ?? str(update.kind) ?? "tool";
    events.push({ type: "tool_start", id, name, text: brief(shown(update), EVENT_TEXT_LIMIT) });
  }
  if (ended && facts.open.delete(id)) {
    const text = brief(outputOf(update), EVENT_TEXT_LIMIT);
    events.push({ type: "tool_end", id, ok: update.status === "completed", text });
  }
  return events;
}

function shown(update: Json): unknown {
  const input = obj(update.rawInput);
  return Object.keys(input).length > 0 ? input : update.title;
}

function outputOf(update: Json): string {
  const texts = list(update.content).flatMap((one) => str(obj(obj(one).content).text) ?? []);
  return texts.join("\n") || brief(update.rawOutput ?? update.title, EVENT_TEXT_LIMIT);
}

/** Agents tell of their own retries, if at all, in their own corner: `_meta.NAME.error` with `willRetry`. */
function vendorRetry(update: Json, notes: Notes): AgentEvent[] {
  for (const vendor of Object.values(obj(update._meta))) {
    const error = obj(obj(vendor).error);
    if (error.willRetry !== true) continue;
    const text = [str(error.message), str(error.additionalDetails)].filter(Boolean).join(": ");
    const kind = kindOfStatus(statusWithin(error)) ?? kindOfWords(text) ?? "network";
    notes.trouble = { kind, text };
    return [{ type: "retry_notice", kind, text }];
  }
  return [];
}

/** `{responseStreamDisconnected: {httpStatusCode: 429}}`: the status lies one level down under a varying name. */
function statusWithin(error: Json): number | undefined {
  const info = Object.values(obj(error.codexErrorInfo)).map(obj);
  return info.map(({ httpStatusCode }) => num(httpStatusCode)).find((status) => status !== undefined);
}
