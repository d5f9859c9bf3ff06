import { brief, list, obj, str, type Json } from "../json.ts";
import { createJsonReader, type Notes } from "../jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader } from "../port.ts";
import { retryNotice } from "../retryLine.ts";
import { noFacts, type AcpFacts } from "./facts.ts";
import { errorWords, judgeAcp } from "./judge.ts";
import { updateEvents } from "./update.ts";

/** Reader of the bridge's transcript: messages of the agent, the headings of ours, and notes of the bridge. */
export function readAcp(): Reader {
  const facts = noFacts();
  return createJsonReader({
    event(value, notes) {
      const msg = obj(value.msg);
      switch (value.from) {
        case "client":
          return clientMessage(msg, facts);
        case "agent":
          return agentMessage(msg, facts, notes);
        case "bridge":
          return bridgeNote(msg, facts);
        default:
          return [];
      }
    },
    stderrLine: retryNotice,
    verdict: (end, notes) => judgeAcp(facts, end, notes),
  });
}

function clientMessage(msg: Json, facts: AcpFacts): AgentEvent[] {
  const method = str(msg.method) ?? "";
  if (msg.id !== undefined) facts.asked.set(msg.id, method);
  if (method === "session/prompt") facts.prompted = true;
  return [];
}

function agentMessage(msg: Json, facts: AcpFacts, notes: Notes): AgentEvent[] {
  if (msg.method === undefined) return answerEvents(msg, facts, notes);
  const params = obj(msg.params);
  const session = startOfSession(str(params.sessionId), notes);
  if (msg.method === "session/update") return [...session, ...updateEvents(obj(params.update), facts, notes)];
  if (msg.method !== "session/request_permission") return session;
  // Some agents name a call for the first time when they ask whether they may make it.
  const call = { sessionUpdate: "tool_call", status: "pending", ...obj(params.toolCall) };
  return [...session, ...updateEvents(call, facts, notes)];
}

function answerEvents(msg: Json, facts: AcpFacts, notes: Notes): AgentEvent[] {
  const method = facts.asked.get(msg.id);
  if (method === undefined) return [];
  facts.asked.delete(msg.id);
  if (msg.error !== undefined && msg.error !== null) {
    const error = obj(msg.error);
    facts.failure = { method, error };
    notes.finished = method === "session/prompt";
    return [{ type: "error", text: brief(errorWords(error), EVENT_TEXT_LIMIT) }];
  }
  const result = obj(msg.result);
  switch (method) {
    case "initialize":
      notes.version = str(obj(result.agentInfo).version);
      return [];
    case "session/new":
      notes.model = modelOf(result);
      return startOfSession(str(result.sessionId), notes);
    case "session/set_config_option":
      notes.model = modelOf(result) ?? notes.model;
      return [];
    case "session/prompt":
      facts.result = result;
      notes.finished = true;
      notes.trouble = undefined;
      return [{ type: "result", ok: result.stopReason === "end_turn", text: facts.answer }];
    default:
      return [];
  }
}

function startOfSession(id: string | undefined, notes: Notes): AgentEvent[] {
  if (id === undefined || notes.agentSession !== undefined) return [];
  notes.agentSession = id;
  return [{ type: "session", id, text: `session ${id}` }];
}

function modelOf(session: Json): string | undefined {
  const option = list(session.configOptions)
    .map(obj)
    .find(({ id, category }) => category === "model" || id === "model");
  return str(option?.currentValue) ?? str(obj(session.models).currentModelId);
}

function bridgeNote(msg: Json, facts: AcpFacts): AgentEvent[] {
  switch (msg.what) {
    case "exited":
      facts.exit = msg;
      return [];
    case "denied":
      facts.denials += 1;
      return [{ type: "error", text: `permission denied: ${brief(msg.title, EVENT_TEXT_LIMIT)}` }];
    case "not_started":
    case "no_resume":
    case "unfit":
    case "broken":
      facts.end ??= msg;
      return [];
    default:
      return [];
  }
}
