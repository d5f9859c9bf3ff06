/** OpenAI Responses (Codex). */
import { list, obj, str, type Json } from "../../runner/harness/json.ts";
import { openaiError } from "./openaiErrors.ts";
import {
  newId,
  pieces,
  TOKENS,
  understood,
  unixIn,
  writeByShell,
  type Dialect,
  type Message,
} from "./types.ts";

export const responses: Dialect = {
  matches: (path) => /\/responses$/.test(path),
  parse(body) {
    const request = obj(body);
    const said: string[] = [];
    let turn = 0;
    for (const item of list(request.input).map(obj)) {
      if (/_output$/.test(str(item.type) ?? "")) turn += 1;
      else if (item.role === "user") {
        const text =
          str(item.content) ??
          list(item.content)
            .map((part) => str(obj(part).text) ?? "")
            .join("\n");
        // Codex puts its own context into user messages that begin with a tag.
        if (!text || text.startsWith("<")) continue;
        said.push(text);
        turn = 0;
      }
    }
    const tools = list(request.tools).map(obj).flatMap(toolNames);
    return understood({ said, turn, tools, stream: request.stream, model: request.model });
  },
  toolFor(answer, tools) {
    const shell = answer.do === "write" ? writeByShell(answer.path, answer.content) : answer.command;
    if (tools.includes("exec_command"))
      return { name: "exec_command", args: { cmd: shell, yield_time_ms: 600_000 } };
    if (tools.includes("shell_command"))
      return { name: "shell_command", args: { command: shell, timeout_ms: 600_000 } };
    if (tools.includes("shell"))
      return { name: "shell", args: { command: ["bash", "-c", shell], timeout_ms: 600_000 } };
    return undefined;
  },
  json: (message, model) => envelope(newId("resp"), { model, status: "completed", output: itemsOf(message) }),
  async stream(message, model, send) {
    const id = newId("resp");
    let sequence_number = 0;
    const tell = (type: string, rest: object) =>
      send({ type, sequence_number: sequence_number++, ...rest }, type);
    tell("response.created", { response: envelope(id, { model, status: "in_progress", output: [] }) });
    const items = itemsOf(message);
    for (const [output_index, item] of items.entries()) {
      const at = { item_id: item.id, output_index, content_index: 0 };
      if (item.type === "message") {
        tell("response.output_item.added", {
          output_index,
          item: { ...item, status: "in_progress", content: [] },
        });
        tell("response.content_part.added", {
          ...at,
          part: { type: "output_text", text: "", annotations: [] },
        });
        for await (const delta of pieces(message)) tell("response.output_text.delta", { ...at, delta });
        tell("response.output_text.done", { ...at, text: message.text });
      } else {
        tell("response.output_item.added", {
          output_index,
          item: { ...item, status: "in_progress", arguments: "" },
        });
      }
      tell("response.output_item.done", { output_index, item });
    }
    tell("response.completed", { response: envelope(id, { model, status: "completed", output: items }) });
  },
  error: openaiError,
};

function itemsOf({ text, call }: Message) {
  const content = [{ type: "output_text", text, annotations: [] }];
  const message = { type: "message", id: newId("msg"), role: "assistant", status: "completed", content };
  const [name, namespace] = (call?.name ?? "").split(".").reverse();
  const use = call && {
    type: "function_call",
    id: newId("fc"),
    call_id: newId("call"),
    name,
    ...(namespace === undefined ? {} : { namespace }),
    arguments: JSON.stringify(call.args),
    status: "completed",
  };
  return [...(text ? [message] : []), ...(use ? [use] : [])];
}

function envelope(id: string, { status, ...rest }: { model: string; status: string; output: unknown[] }) {
  const usage = {
    input_tokens: TOKENS.input,
    input_tokens_details: { cached_tokens: TOKENS.cached },
    output_tokens: TOKENS.output,
    output_tokens_details: { reasoning_tokens: TOKENS.reasoning },
    total_tokens: TOKENS.input + TOKENS.output,
  };
  return {
    ...{
      id,
      object: "response",
      created_at: unixIn(0),
      error: null,
      incomplete_details: null,
      status,
      ...rest,
    },
    usage: status === "completed" ? usage : null,
  };
}

/** The tools of an MCP server stand in a namespace; here their names are `namespace.name`. */
function toolNames(tool: Json): string[] {
  const name = str(tool.name) ?? str(tool.type) ?? "";
  if (tool.type !== "namespace") return [name];
  return list(tool.tools).map((one) => `${name}.${str(obj(one).name) ?? ""}`);
}
