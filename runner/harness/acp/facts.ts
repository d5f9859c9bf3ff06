import type { Json } from "../json.ts";

/** What the verdict needs of the transcript. */
export interface AcpFacts {
  /** Methods of our requests by id: an answer names its id alone. */
  asked: Map<unknown, string>;
  /** The prompt was handed over: what came before it is the replay of an earlier session. */
  prompted: boolean;
  /** The answer to the prompt. */
  result: Json | undefined;
  /** The agent's answer that ended it, and to which request. */
  failure: { method: string; error: Json } | undefined;
  /** The bridge's last note that ended it. */
  end: Json | undefined;
  /** How the agent's process ended. */
  exit: Json | undefined;
  /** The pieces of the last message since the last tool. */
  answer: string;
  messageId: string | undefined;
  /** Calls that began and did not end. */
  open: Set<string>;
  tools: number;
  denials: number;
  /** What the session has cost so far, in US dollars. */
  costUsd: number | undefined;
}

export const noFacts = (): AcpFacts => ({
  asked: new Map(),
  prompted: false,
  result: undefined,
  failure: undefined,
  end: undefined,
  exit: undefined,
  answer: "",
  messageId: undefined,
  open: new Set(),
  tools: 0,
  denials: 0,
  costUsd: undefined,
});
