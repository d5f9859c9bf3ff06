/** OpenAI Chat Completions (OpenCode, Aider and many more). */
import { list, obj, str } from "../../runner/harness/json.ts";
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

export const chat: Dialect = {
  matches: (path) => /\/chat\/completions$/.test(path),
  parse(body) {
    const request = obj(body);
    const said: string[] = [];
    let turn = 0;
    for (const message of list(request.messages).map(obj)) {
      if (message.role === "tool") turn += 1;
      if (message.role !== "user") continue;
      said.push(
        str(message.content) ??
          list(message.content)
            .map((part) => str(obj(part).text) ?? "")
            .join("\n"),
      );
      turn = 0;
    }
    const tools = list(request.tools).map((tool) => str(obj(obj(tool).function).name) ?? "");
    return understood({ said, turn, tools, stream: request.stream, model: request.model });
  },
  toolFor(answer, tools) {
    const has = (name: string) => tools.includes(name);
    const shell = answer.do === "write" ? writeByShell(answer.path, answer.content) : answer.command;
    // OpenCode and Kilo, Qwen, Cline: each has names of its own.
    if (answer.do === "write" && has("write"))
      return { name: "write", args: { filePath: answer.path, content: answer.content } };
    if (has("bash"))
      return { name: "bash", args: { command: shell, description: "double", timeout: 600_000 } };
    if (has("run_shell_command"))
      return {
        name: "run_shell_command",
        args: { command: shell, description: "double", is_background: false },
      };
    return has("run_commands") ? { name: "run_commands", args: { commands: [shell] } } : undefined;
  },
  json: (message, model) => ({
    ...head("chat.completion", model),
    choices: [
      {
        index: 0,
        finish_reason: stopOf(message),
        message: { role: "assistant", content: message.text || null, tool_calls: callsOf(message) },
      },
    ],
    usage,
  }),
  async stream(message, model, send) {
    const start = head("chat.completion.chunk", model);
    const tell = (delta: object, finish_reason: string | null = null) =>
      send({ ...start, choices: [{ index: 0, delta, finish_reason }] });
    tell({ role: "assistant", content: "" });
    for await (const content of pieces(message)) tell({ content });
    if (message.call) tell({ tool_calls: callsOf(message) });
    tell({}, stopOf(message));
    send({ ...start, choices: [], usage });
    send("[DONE]");
  },
  error: openaiError,
};

const head = (object: string, model: string) => ({
  id: newId("chatcmpl"),
  object,
  created: unixIn(0),
  model,
});
const stopOf = (message: Message) => (message.call ? "tool_calls" : "stop");
const usage = {
  prompt_tokens: TOKENS.input,
  completion_tokens: TOKENS.output,
  total_tokens: TOKENS.input + TOKENS.output,
  prompt_tokens_details: { cached_tokens: TOKENS.cached },
  completion_tokens_details: { reasoning_tokens: TOKENS.reasoning },
};

function callsOf({ call }: Message) {
  if (!call) return undefined;
  return [
    {
      index: 0,
      id: newId("call"),
      type: "function",
      function: { name: call.name, arguments: JSON.stringify(call.args) },
    },
  ];
}
