/** Gemini's generateContent. */
import { list, obj, str } from "../../runner/harness/json.ts";
import { newId, pieces, TOKENS, understood, type Dialect, type Message } from "./types.ts";

const RPC = "type.googleapis.com/google.rpc.";

export const gemini: Dialect = {
  matches: (path) => /:(generateContent|streamGenerateContent|countTokens)$/.test(path),
  parse(body, path) {
    const request = obj(body);
    const said: string[] = [];
    let turn = 0;
    for (const content of list(request.contents)
      .map(obj)
      .filter((entry) => entry.role !== "model")) {
      const parts = list(content.parts).map(obj);
      if (parts.some((part) => part.functionResponse)) turn += 1;
      else {
        said.push(parts.map((part) => str(part.text) ?? "").join("\n"));
        turn = 0;
      }
    }
    const declared = list(request.tools).flatMap((tool) => list(obj(tool).functionDeclarations));
    const tools = declared.map((tool) => str(obj(tool).name) ?? "");
    const model = /models\/([^/:]+):/.exec(path)?.[1] ?? "model";
    return understood({ said, turn, tools, stream: /:stream/.test(path), model });
  },
  toolFor(answer, tools) {
    if (answer.do === "write" && tools.includes("write_file")) {
      return { name: "write_file", args: { file_path: answer.path, content: answer.content } };
    }
    if (answer.do === "shell" && tools.includes("run_shell_command")) {
      return { name: "run_shell_command", args: { command: answer.command, description: "double" } };
    }
    return undefined;
  },
  json: (message, model) => ({
    ...chunk(model, [...(message.text ? [{ text: message.text }] : []), ...callsOf(message)], "STOP"),
    totalTokens: TOKENS.input,
  }),
  async stream(message, model, send) {
    for await (const text of pieces(message)) send(chunk(model, [{ text }]));
    send(chunk(model, message.call ? callsOf(message) : [{ text: "" }], "STOP"));
  },
  error({ kind, retryAfter = 2 }) {
    const fail = (code: number, error: { status: string; message: string; details?: object[] }) => ({
      status: code,
      headers: {},
      body: { error: { code, details: [], ...error } },
    });
    const quota = (quotaId: string) => ({
      "@type": `${RPC}QuotaFailure`,
      violations: [{ quotaId, quotaValue: "5" }],
    });
    switch (kind) {
      case "rateLimit":
        return fail(429, {
          status: "RESOURCE_EXHAUSTED",
          message: `You exceeded your current quota. Please retry in ${retryAfter}s.`,
          details: [
            quota("GenerateRequestsPerMinutePerProjectPerModel"),
            { "@type": `${RPC}RetryInfo`, retryDelay: `${retryAfter}s` },
          ],
        });
      case "usageLimit":
        return fail(429, {
          status: "RESOURCE_EXHAUSTED",
          message: "You exceeded your current quota, please check your plan.",
          details: [quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")],
        });
      case "auth":
        return fail(401, {
          status: "UNAUTHENTICATED",
          message: "API key not valid. Please pass a valid API key.",
        });
      case "overloaded":
        return fail(503, {
          status: "UNAVAILABLE",
          message: "The model is overloaded. Please try again later.",
        });
      case "server":
        return fail(500, { status: "INTERNAL", message: "An internal error has occurred." });
    }
    return kind satisfies never;
  },
};

const callsOf = ({ call }: Message) => (call ? [{ functionCall: { name: call.name, args: call.args } }] : []);

function chunk(model: string, parts: object[], finishReason?: string) {
  return {
    candidates: [{ index: 0, content: { role: "model", parts }, ...(finishReason ? { finishReason } : {}) }],
    modelVersion: model,
    responseId: newId("r"),
    usageMetadata: {
      promptTokenCount: TOKENS.input,
      cachedContentTokenCount: TOKENS.cached,
      candidatesTokenCount: TOKENS.output,
      thoughtsTokenCount: TOKENS.reasoning,
      totalTokenCount: TOKENS.input + TOKENS.output + TOKENS.reasoning,
    },
  };
}
