/** From an HTTP status or the words of an error to a verdict kind. Only ever applied to errors, never to answers. */
import type { VerdictKind } from "../../domain/verdict.ts";

const BY_STATUS: Record<number, VerdictKind> = {
  401: "auth",
  402: "billing",
  403: "forbidden",
  404: "model_not_found",
  408: "network",
  413: "context",
  429: "rate_limit",
  503: "overloaded",
  529: "overloaded",
};

/** The kind that an HTTP status of the provider means, if it means one. */
export function kindOfStatus(status: number | undefined): VerdictKind | undefined {
  if (status === undefined) return undefined;
  return BY_STATUS[status] ?? (status >= 500 && status < 600 ? "server" : undefined);
}

// The order matters: a plan limit also speaks of 429, a context overflow also of limits. Numbers are word-bounded,
// because request ids and ports hold the same digits.
const WORDS: readonly (readonly [VerdictKind, RegExp])[] = [
  [
    "usage_limit",
    /usage[ _]?limit|exhausted your (daily )?quota|(weekly|session|5-hour|daily|monthly) limit|(hit|reached) your limit|out of (messages|credits until|extra usage)|quota (has been )?exceeded|api usage limits|insufficient_quota/i,
  ],
  ["context", /context (window|length)|prompt is too long|input token count|context_length_exceeded/i],
  [
    "billing",
    /\b402\b|insufficient credits|credit balance|payment required|billing (is )?(not|disabled|to be enabled)/i,
  ],
  [
    "rate_limit",
    /rate[ _-]?limit|\b429\b|too many requests|resource_exhausted|exceeded your current quota|resource has been exhausted/i,
  ],
  [
    "auth",
    /\b401\b|unauthori[sz]ed|(api key|x-api-key) (is )?(not valid|invalid)|(invalid|incorrect) (x-)?api[ -]key|not logged in|please run \/login|authentication[_ ](error|failed)|missing environment variable|must specify the \w+_API_KEY|invalid auth method/i,
  ],
  [
    "forbidden",
    /\b403\b|forbidden|permission[_ ]denied|permission_error|does not have permission|not supported in your/i,
  ],
  ["overloaded", /at capacity|overloaded|high demand|\b529\b|\b503\b|service unavailable/i],
  ["truncated", /max_output_tokens|exceeded the \d+ output token/i],
  ["refusal", /content[_ ]?filter|usage policy|\brefusal\b/i],
  [
    "model_not_found",
    /model\b.*\b(not found|does not exist|not supported)|no such model|model_not_found|\b404\b/i,
  ],
  [
    "network",
    /connect|econn|enotfound|network|fetch failed|disconnected|timed? ?out|idle timeout|stream ended|finish reason|empty response|incomplete json|json parse|socket hang up/i,
  ],
  ["server", /\b50[0-4]\b|server[_ ]error|server had an error|internal error|internal server/i],
];

/** The kind that the words of an error speak of, if they speak of one. */
export function kindOfWords(text: string | undefined): VerdictKind | undefined {
  if (!text) return undefined;
  return WORDS.find(([, words]) => words.test(text))?.[0];
}

/** The last non-empty line without colour codes: what a CLI that dies usually says there. */
export function lastLine(text: string): string | undefined {
  return plain(text)
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "");
}

/** The text without terminal colours. */
export function plain(text: string): string {
  return text.replace(/\u001b\[[\d;]*[A-Za-z]/g, "");
}
