/** What the provider double understands of a request and how a test says what to answer. */

export type FailKind = "rateLimit" | "usageLimit" | "auth" | "overloaded" | "server";

export type Answer =
  /** A finished message. `pauseMs` passes between its pieces. */
  | { do: "text"; text: string; pauseMs?: number }
  /** A call of whichever tool of the client writes a file or runs a shell command. */
  | { do: "write"; path: string; content: string }
  | { do: "shell"; command: string }
  /** A call of the tool by which an agent reports to Drover, whatever the client calls it. */
  | { do: "report"; status: string; text: string }
  /** An HTTP error as this provider words it; times in seconds. */
  | { do: "fail"; kind: FailKind; retryAfter?: number; resetIn?: number }
  /** The request is taken and never answered. */
  | { do: "hang" };

/** A request, as far as a test needs it to decide the answer. */
export interface Conversation {
  dialect: "anthropic" | "responses" | "chat" | "gemini";
  model: string;
  /** The last thing the user said. */
  prompt: string;
  /** Everything the user said, oldest first. */
  said: string[];
  /** Tool results since the last prompt: 0 means that the model is asked for the first time. */
  turn: number;
  /** Names of the tools that the client offers. */
  tools: string[];
  /** A helper call without tools (a title, a routing question); the double answers it harmlessly by itself. */
  side: boolean;
  /** How many calls this scenario and run have had, this one included; side calls do not count. */
  attempt: number;
  /** The parameters of the URL. */
  params: Record<string, string>;
}

export type Script = (conversation: Conversation) => Answer | Promise<Answer>;

/** One request that came in. */
export interface SeenRequest {
  path: string;
  scenario: string;
  conversation: Conversation | undefined;
  body: unknown;
  answer: Answer | undefined;
}

export interface ToolCall {
  name: string;
  args: Record<string, unknown>;
}

/** An answer that a dialect can put on the wire. */
export interface Message {
  text: string;
  call?: ToolCall;
  pauseMs?: number;
}

export type Parsed = Omit<Conversation, "dialect" | "attempt" | "params"> & { stream: boolean };

/** Completes what a dialect read from a request. */
export function understood(
  read: Pick<Parsed, "said" | "turn" | "tools"> & { stream: unknown; model: unknown },
): Parsed {
  const model = typeof read.model === "string" ? read.model : "model";
  const prompt = read.said.at(-1) ?? "";
  return { ...read, model, prompt, stream: read.stream === true, side: read.tools.length === 0 };
}

/** Sends one server-sent event; `event` names it where the dialect does. */
export type Send = (data: unknown, event?: string) => void;

export interface HttpError {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** One provider's HTTP API. */
export interface Dialect {
  matches(path: string): boolean;
  parse(body: unknown, path: string): Parsed;
  /** The client's tool for an action, if it offers one. */
  toolFor(answer: Extract<Answer, { do: "write" | "shell" }>, tools: string[]): ToolCall | undefined;
  json(message: Message, model: string): unknown;
  stream(message: Message, model: string, send: Send): Promise<void>;
  error(failure: Extract<Answer, { do: "fail" }>): HttpError;
}

/** What every answer costs, in tokens. */
export const TOKENS = { input: 1200, cached: 300, output: 42, reasoning: 7 };

export const unixIn = (seconds: number) => Math.floor(Date.now() / 1000 + seconds);

let made = 0;
export const newId = (prefix: string) => `${prefix}_double${(made += 1)}`;

/** The text in pieces, with the pause between them. */
export async function* pieces({ text, pauseMs }: Message): AsyncGenerator<string> {
  for (const piece of text.match(/[\s\S]{1,24}/gu) ?? []) {
    yield piece;
    if (pauseMs) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

export const shellQuote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
export const writeByShell = (path: string, content: string) =>
  `printf %s ${shellQuote(content)} > ${shellQuote(path)}`;
