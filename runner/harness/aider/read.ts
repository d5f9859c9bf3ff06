import { isLimit, type Verdict, type VerdictKind } from "../../../domain/verdict.ts";
import { addUsage, NO_USAGE, type Usage } from "../../../domain/usage.ts";
import { clip, usageOf } from "../json.ts";
import { retryAt } from "../jsonReader.ts";
import { createLineSplitter } from "../lines.ts";
import { readPlain } from "../plainReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader, type RunEnd, type Trouble } from "../port.ts";
import { resetTimeIn } from "../resetTime.ts";
import { kindOfWords, plain } from "../words.ts";

/** The errors of the library by which it calls providers. */
const BY_CLASS: Record<string, VerdictKind> = {
  AuthenticationError: "auth",
  PermissionDeniedError: "forbidden",
  RateLimitError: "rate_limit",
  ContextWindowExceededError: "context",
  ContentPolicyViolationError: "refusal",
  NotFoundError: "model_not_found",
  InternalServerError: "server",
  ServiceUnavailableError: "overloaded",
  BadGatewayError: "server",
  APIConnectionError: "network",
  Timeout: "network",
};
const ERROR = /^litellm\.(?:\w+\.)*(\w+)\b/;
const RETRY = /^Retrying in ([\d.]+) seconds/;
const TOKENS = /^Tokens: (.+? received)\.?(?:\s+Cost: \$([\d.]+) message, \$([\d.]+) session)?/;

interface Facts {
  /** The last error after which no model has answered. */
  error: { kind: VerdictKind; text: string } | undefined;
  trouble: Trouble | undefined;
  usage: Usage | undefined;
  costUsd: number | undefined;
}

/** Reader of Aider's text: its exit code says little, so a provider's error after its last answer is the verdict. */
export function readAider(): Reader {
  const text = readPlain();
  const lines = createLineSplitter();
  const facts: Facts = { error: undefined, trouble: undefined, usage: undefined, costUsd: undefined };
  const noted = (bytes: Uint8Array) => lines.push(bytes).flatMap((line) => note(plain(line.text), facts));
  return {
    push: (bytes) => [...text.push(bytes), ...noted(bytes)],
    end: () => [...text.end(), ...lines.end().flatMap((line) => note(plain(line.text), facts))],
    finished: false,
    get trouble() {
      return facts.trouble;
    },
    agentSession: undefined,
    version: undefined,
    verdict: (end) => judged(facts, text.verdict(end), end),
  };
}

function note(line: string, facts: Facts): AgentEvent[] {
  const failed = ERROR.exec(line)?.[1];
  if (failed !== undefined) return errorEvent(line, failed, facts);
  const seconds = RETRY.exec(line)?.[1];
  if (seconds !== undefined && facts.error) {
    facts.trouble = facts.error;
    return [{ type: "retry_notice", kind: facts.error.kind, delayMs: Number(seconds) * 1000, text: line }];
  }
  const tokens = TOKENS.exec(line);
  if (tokens) answered(tokens, facts);
  return [];
}

function errorEvent(line: string, failed: string, facts: Facts): AgentEvent[] {
  const said = kindOfWords(line);
  const kind = said === "usage_limit" || said === "context" ? said : (BY_CLASS[failed] ?? said ?? "unknown");
  facts.error = { kind, text: clip(line, EVENT_TEXT_LIMIT) };
  return [{ type: "error", text: facts.error.text }];
}

/** Its count of tokens is said after each answer of a model. */
function answered([, counted = "", , session]: RegExpExecArray, facts: Facts): void {
  facts.error = undefined;
  facts.trouble = undefined;
  facts.usage = addUsage(facts.usage ?? NO_USAGE, usageIn(counted));
  facts.costUsd = session === undefined ? facts.costUsd : Number(session);
}

/** "2.1k sent, 1.0k cache hit, 45 received" */
function usageIn(text: string): Usage {
  const amount = (what: string) => {
    const found = new RegExp(`([\\d.,]+)(k?) ${what}`).exec(text);
    return found ? Number(found[1]?.replaceAll(",", "")) * (found[2] === "k" ? 1000 : 1) : 0;
  };
  const cached = amount("cache hit");
  return usageOf({ input: amount("sent") - cached, cached, output: amount("received") });
}

function judged({ error, usage, costUsd }: Facts, own: Verdict, end: RunEnd): Verdict {
  const spent = { ...(usage ? { usage } : {}), ...(costUsd === undefined ? {} : { costUsd }) };
  const isItsOwn = own.ok || own.kind === "failed";
  if (!error || !isItsOwn) return { ...own, ...spent };
  const until = isLimit(error.kind) ? resetTimeIn(error.text, end.now) : undefined;
  return { ...spent, ok: false, kind: error.kind, detail: error.text, ...retryAt(until) };
}
