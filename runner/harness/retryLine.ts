/** The retries that Gemini and its relatives announce on stderr alone, whatever they print on stdout. */
import { isLimit } from "../../domain/verdict.ts";
import { clip } from "./json.ts";
import type { Notes } from "./jsonReader.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent } from "./port.ts";
import { kindOfWords } from "./words.ts";

/** How many attempts of its own it may make against a limit. */
const OWN_ATTEMPTS = 2;

/** "Attempt 1 failed: … Retrying after 5227ms..." is said on stderr alone. */
export function retryNotice(line: string, notes: Notes): AgentEvent[] {
  const attempt = /^Attempt (\d+) failed/i.exec(line)?.[1];
  if (!attempt) return [];
  const kind = kindOfWords(line) ?? "network";
  const delay = /Retrying after (\d+)ms/i.exec(line)?.[1];
  const stopNow = isLimit(kind) && Number(attempt) >= OWN_ATTEMPTS;
  notes.trouble = { kind, text: clip(line, EVENT_TEXT_LIMIT), stopNow };
  return [{ type: "retry_notice", kind, ...(delay ? { delayMs: Number(delay) } : {}), text: line }];
}
