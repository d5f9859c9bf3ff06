/**
 * A double of the model providers: one loopback server, four HTTP dialects, SSE and JSON. The scenario is part of the
 * URL (`/s/tool,path=a.txt/v1/…`), so tests that run side by side share one server without sharing state.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { anthropic } from "./anthropic.ts";
import { chat } from "./chat.ts";
import { gemini } from "./gemini.ts";
import { responses } from "./responses.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { Answer, Conversation, Dialect, Message, Script, SeenRequest, ToolCall } from "./types.ts";

const DIALECTS = { anthropic, responses, chat, gemini } satisfies Record<Conversation["dialect"], Dialect>;
type DialectName = keyof typeof DIALECTS;

export interface Provider {
  origin: string;
  /** The base URL of a scenario; `suffix` is what the client's setting ends with, for example "/v1". */
  url(scenario: string, params?: Record<string, string | number>, suffix?: string): string;
  /** Everything that was asked, oldest first. */
  requests: SeenRequest[];
  /** Stops at once, hanging requests included. */
  close(): Promise<void>;
}

/** Starts the double on a free loopback port. `scripted` decides the answers of the scenario "scripted". */
export async function startProvider(options: { scripted?: Script } = {}): Promise<Provider> {
  const requests: SeenRequest[] = [];
  const counts = new Map<string, number>();
  const scripts: Record<string, Script> = {
    ...SCENARIOS,
    ...(options.scripted ? { scripted: options.scripted } : {}),
  };
  const server = createServer((request, response) => {
    answer({ requests, counts, scripts }, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, { error: { message: `double: ${String(error)}` } });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: (scenario, params = {}, suffix = "") => {
      const pairs = Object.entries(params).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
      return `${origin}/s/${[scenario, ...pairs].join(",")}${suffix}`;
    },
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface State {
  requests: SeenRequest[];
  counts: Map<string, number>;
  scripts: Record<string, Script>;
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readJson(request);
  const { scenario, params, rest } = route(new URL(request.url ?? "/", "http://double").pathname);
  const seen: SeenRequest = { path: rest, scenario, conversation: undefined, body, answer: undefined };
  state.requests.push(seen);
  const name = (Object.keys(DIALECTS) as DialectName[]).find((key) => DIALECTS[key].matches(rest));
  if (request.method !== "POST" || !name) return misc(rest, response);
  const dialect: Dialect = DIALECTS[name];
  const { stream, ...parsed } = dialect.parse(body, rest);
  const key = `${scenario}|${params.run ?? ""}`;
  const attempt = (state.counts.get(key) ?? 0) + (parsed.side ? 0 : 1);
  state.counts.set(key, attempt);
  const conversation: Conversation = { ...parsed, dialect: name, attempt, params };
  seen.conversation = conversation;
  const script = state.scripts[scenario];
  if (!script) return send(response, 404, { error: { message: `double: no scenario "${scenario}"` } });
  seen.answer = harmless(await script(conversation), conversation);
  await deliver({ dialect, conversation, stream, response }, seen.answer);
}

/** A title or a routing question gets a few words wherever the main call would get work to do. */
function harmless(answer: Answer, { side }: Conversation): Answer {
  return side && (answer.do === "write" || answer.do === "shell") ? { do: "text", text: "Double" } : answer;
}

interface Delivery {
  dialect: Dialect;
  conversation: Conversation;
  stream: boolean;
  response: ServerResponse;
}

async function deliver({ dialect, conversation, stream, response }: Delivery, answer: Answer): Promise<void> {
  if (answer.do === "hang") return;
  if (answer.do === "fail") {
    const { status, headers, body } = dialect.error(answer);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    return send(response, status, body);
  }
  const message = messageOf(answer, dialect, conversation);
  if (!stream) return send(response, 200, dialect.json(message, conversation.model));
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  await dialect.stream(message, conversation.model, (data, event) => {
    if (response.destroyed) return;
    const text = typeof data === "string" ? data : JSON.stringify(data);
    response.write(`${event ? `event: ${event}\n` : ""}data: ${text}\n\n`);
  });
  response.end();
}

function messageOf(
  answer: Exclude<Answer, { do: "hang" | "fail" }>,
  dialect: Dialect,
  { tools }: Conversation,
): Message {
  if (answer.do === "text") return answer;
  const call = answer.do === "report" ? reportCall(answer, tools) : dialect.toolFor(answer, tools);
  if (call) return { text: "I will do that.", call };
  return { text: `double: the client offers no tool for "${answer.do}" (it has: ${tools.join(", ")})` };
}

/** Every client puts a name of its own before the tool's (`mcp__drover__report`, `drover_report`). */
function reportCall(
  { status, text }: Extract<Answer, { do: "report" }>,
  tools: string[],
): ToolCall | undefined {
  const name = tools.find((tool) => /drover.*report$/.test(tool));
  if (name !== undefined) return { name, args: { status, text } };
  // Qwen keeps the tools of servers back, to be called by this one.
  if (!tools.includes("tool_call")) return undefined;
  return { name: "tool_call", args: { name: "mcp__drover__report", arguments: { status, text } } };
}

function route(path: string): { scenario: string; params: Record<string, string>; rest: string } {
  const found = /^\/s\/([^/]+)(\/.*)?$/.exec(path);
  const [scenario = "text", ...pairs] = (found?.[1] ?? "text").split(",");
  const params = Object.fromEntries(
    pairs.map((pair) => [pair.split("=")[0] ?? "", decodeURIComponent(pair.slice(pair.indexOf("=") + 1))]),
  );
  return { scenario, params, rest: found ? (found[2] ?? "/") : path };
}

/** What clients ask besides answers: model lists, token counts, life signs. */
function misc(rest: string, response: ServerResponse): void {
  if (/\/count_tokens$/.test(rest)) return send(response, 200, { input_tokens: 1200 });
  if (/\/models$/.test(rest)) return send(response, 200, { object: "list", data: [], models: [] });
  send(response, 404, { error: { type: "not_found_error", message: `double: nothing at ${rest}` } });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (!response.headersSent) response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    return undefined;
  }
}
