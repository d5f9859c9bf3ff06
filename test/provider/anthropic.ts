/** Anthropic Messages (Claude Code). */
import { list, obj, str } from "../../runner/harness/json.ts";
import {
  newId,
  pieces,
  TOKENS,
  understood,
  unixIn,
  type Dialect,
  type Message,
  type ToolCall,
} from "./types.ts";

export const anthropic: Dialect = {
  matches: (path) => /\/v1\/messages$/.test(path),
  parse(body) {
    const request = obj(body);
    const said: string[] = [];
    let turn = 0;
    for (const message of list(request.messages)
      .map(obj)
      .filter((entry) => entry.role === "user")) {
      const blocks =
        typeof message.content === "string"
          ? [{ type: "text", text: message.content }]
          : list(message.content).map(obj);
      if (blocks.some((block) => block.type === "tool_result")) turn += 1;
      else {
        const text = blocks
          .map((block) => str(block.text) ?? "")
          .filter((part) => part && !part.startsWith("<system-reminder>"));
        if (text.length === 0) continue;
        said.push(text.join("\n"));
        turn = 0;
      }
    }
    const tools = list(request.tools).map((tool) => str(obj(tool).name) ?? "");
    return understood({ said, turn, tools, stream: request.stream, model: request.model });
  },
  toolFor(answer, tools): ToolCall | undefined {
    if (answer.do === "write" && tools.includes("Write")) {
      return { name: "Write", args: { file_path: answer.path, content: answer.content } };
    }
    if (answer.do === "shell" && tools.includes("Bash")) {
      return { name: "Bash", args: { command: answer.command, description: "double", timeout: 600_000 } };
    }
    return undefined;
  },
  json: (message, model) => ({
    ...envelope(model),
    content: blocksOf(message),
    stop_reason: stopOf(message),
    usage: usage(TOKENS.output),
  }),
  async stream(message, model, send) {
    const tell = (type: string, rest: object = {}) => send({ type, ...rest }, type);
    tell("message_start", {
      message: { ...envelope(model), content: [], stop_reason: null, usage: usage(1) },
    });
    await textBlock(message, tell);
    if (message.call) toolBlock(message.call, message.text ? 1 : 0, tell);
    tell("message_delta", {
      delta: { stop_reason: stopOf(message), stop_sequence: null },
      usage: usage(TOKENS.output),
    });
    tell("message_stop");
  },
  error({ kind, retryAfter = 2, resetIn = 10_800 }) {
    const fail = (
      status: number,
      error: { type: string; message: string },
      headers: Record<string, string> = {},
    ) => ({
      status,
      headers,
      body: { type: "error", error },
    });
    switch (kind) {
      case "rateLimit":
        return fail(
          429,
          { type: "rate_limit_error", message: "This request would exceed your organization's rate limit." },
          {
            "retry-after": String(retryAfter),
          },
        );
      case "usageLimit":
        return fail(
          429,
          { type: "rate_limit_error", message: "This request would exceed your account's rate limit." },
          {
            "retry-after": String(resetIn),
            "anthropic-ratelimit-unified-status": "rejected",
            "anthropic-ratelimit-unified-reset": String(unixIn(resetIn)),
            "anthropic-ratelimit-unified-representative-claim": "five_hour",
            "anthropic-ratelimit-unified-overage-status": "rejected",
            "anthropic-ratelimit-unified-5h-status": "rejected",
            "anthropic-ratelimit-unified-5h-reset": String(unixIn(resetIn)),
            "anthropic-ratelimit-unified-5h-utilization": "1.0",
          },
        );
      case "auth":
        return fail(401, { type: "authentication_error", message: "invalid x-api-key" });
      case "overloaded":
        return fail(529, { type: "overloaded_error", message: "Overloaded" });
      case "server":
        return fail(500, { type: "api_error", message: "Internal server error" });
    }
    return kind satisfies never;
  },
};

const envelope = (model: string) => ({
  id: newId("msg"),
  type: "message",
  role: "assistant",
  model,
  stop_sequence: null,
});
const stopOf = (message: Message) => (message.call ? "tool_use" : "end_turn");
const usage = (output: number) => ({
  input_tokens: TOKENS.input,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: TOKENS.cached,
  output_tokens: output,
});

function blocksOf({ text, call }: Message): object[] {
  const use = call && { type: "tool_use", id: newId("toolu"), name: call.name, input: call.args };
  return [...(text ? [{ type: "text", text }] : []), ...(use ? [use] : [])];
}

type Tell = (type: string, rest?: object) => void;

async function textBlock(message: Message, tell: Tell): Promise<void> {
  if (!message.text) return;
  tell("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
  for await (const text of pieces(message))
    tell("content_block_delta", { index: 0, delta: { type: "text_delta", text } });
  tell("content_block_stop", { index: 0 });
}

function toolBlock(call: ToolCall, index: number, tell: Tell): void {
  tell("content_block_start", {
    index,
    content_block: { type: "tool_use", id: newId("toolu"), name: call.name, input: {} },
  });
  tell("content_block_delta", {
    index,
    delta: { type: "input_json_delta", partial_json: JSON.stringify(call.args) },
  });
  tell("content_block_stop", { index });
}
