/** From the first message to a session that is ready for the prompt. */
import {
  methods,
  PROTOCOL_VERSION,
  type ClientContext,
  type InitializeResponse,
  type McpServer,
  type NewSessionResponse,
  type SessionConfigOption,
} from "@agentclientprotocol/sdk";
import { list, obj, str } from "../harness/json.ts";
import type { BridgeOrder } from "./order.ts";
import { note } from "./transcript.ts";

/** Drover's own files and terminals are not offered: the agent works on the machine by itself. */
const CAPABILITIES = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };

/** The id of a session with the wished model, or undefined after a note that says why there is none. */
export async function openSession(agent: ClientContext, order: BridgeOrder): Promise<string | undefined> {
  const hello: InitializeResponse = await agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: CAPABILITIES,
    clientInfo: { name: "drover", version: "1" },
  });
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    const text = `the agent speaks version ${hello.protocolVersion} of the protocol, expected ${PROTOCOL_VERSION}`;
    note({ what: "unfit", text });
    return undefined;
  }
  const place = { cwd: process.cwd(), mcpServers: reportServer(order) };
  const { resume } = order;
  if (resume === undefined) {
    const session: NewSessionResponse = await agent.request(methods.agent.session.new, place);
    return chooseModel(agent, { order, session, sessionId: session.sessionId });
  }
  const session = await goOn(agent, hello, { ...place, sessionId: resume });
  return session && chooseModel(agent, { order, session, sessionId: resume });
}

function reportServer({ reportTool }: BridgeOrder): McpServer[] {
  if (reportTool === undefined) return [];
  const [command = "", ...args] = reportTool;
  return [{ name: "drover", command, args, env: [] }];
}

type Session = Partial<Pick<NewSessionResponse, "configOptions">>;

/** `resume` where the agent has it; `load` tells the whole history again first. */
async function goOn(
  agent: ClientContext,
  { agentCapabilities }: InitializeResponse,
  session: { sessionId: string; cwd: string; mcpServers: McpServer[] },
): Promise<Session | undefined> {
  if (agentCapabilities?.sessionCapabilities?.resume)
    return agent.request(methods.agent.session.resume, session);
  if (agentCapabilities?.loadSession === true) return agent.request(methods.agent.session.load, session);
  note({ what: "no_resume" });
  return undefined;
}

interface Choice {
  order: BridgeOrder;
  session: Session;
  sessionId: string;
}

async function chooseModel(
  agent: ClientContext,
  { order: { model }, session, sessionId }: Choice,
): Promise<string | undefined> {
  if (model === undefined) return sessionId;
  const option = session.configOptions?.find(({ id, category }) => category === "model" || id === "model");
  const offered = option === undefined ? [] : valuesOf(option);
  if (option !== undefined && offered.includes(model)) {
    const wish = { sessionId, configId: option.id, value: model };
    await agent.request(methods.agent.session.setConfigOption, wish);
    return sessionId;
  }
  // Agents of before the configuration options had a method of its own for this.
  const older = list(obj(obj(session).models).availableModels).flatMap((one) => str(obj(one).modelId) ?? []);
  if (older.includes(model)) {
    await agent.request("session/set_model", { sessionId, modelId: model });
    return sessionId;
  }
  note({ what: "unfit", text: unknownModel(model, [...offered, ...older]) });
  return undefined;
}

function valuesOf(option: SessionConfigOption): string[] {
  const options = list(obj(option).options).map(obj);
  return options
    .flatMap((one) => [one, ...list(one.options).map(obj)])
    .flatMap(({ value }) => str(value) ?? []);
}

function unknownModel(model: string, known: readonly string[]): string {
  const instead =
    known.length === 0
      ? "it lets nobody choose: name the model in the agent's own settings or in the profile's command"
      : `expected one of ${[...new Set(known)].join(", ")}`;
  return `the agent does not offer the model "${model}": ${instead}`;
}
