import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { num, obj, str, usageOf, type Json } from "../json.ts";
import type { Usage } from "../../../domain/usage.ts";
import { epochMs } from "../resetTime.ts";

/** What `codex exec` writes to its session file and not to stdout. */
export interface RolloutFacts {
  /** `codex_error_info` of the last turn: a word, or an object with one key. */
  errorInfo: unknown;
  /** When every exhausted window will have been reset, in ms. */
  resetsAt: number | undefined;
  model: string | undefined;
  /** Tokens of the last turn alone; stdout counts the whole thread. */
  turnUsage: Usage | undefined;
  /** The last turn was interrupted. */
  aborted: boolean;
}

export const NO_ROLLOUT: RolloutFacts = {
  errorInfo: undefined,
  resetsAt: undefined,
  model: undefined,
  turnUsage: undefined,
  aborted: false,
};

/** Takes the facts of one rollout line. */
export function noteRollout(facts: RolloutFacts, line: Json): void {
  const payload = obj(line.payload);
  if (line.type === "turn_context") facts.model = str(payload.model) ?? facts.model;
  if (line.type === "token_usage_record") facts.turnUsage = codexUsage(obj(payload.turn_token_usage));
  if (payload.type === "task_started") {
    // A resumed thread holds earlier turns in the same file: what they ended with is not this turn's.
    facts.errorInfo = undefined;
    facts.resetsAt = undefined;
    facts.turnUsage = undefined;
    facts.aborted = false;
  }
  if (payload.type === "turn_aborted") facts.aborted = true;
  if (payload.type === "task_complete") facts.errorInfo = obj(payload.error).codex_error_info;
  // Null says nothing: the windows that an earlier line told of are still full.
  if (payload.rate_limits !== undefined && payload.rate_limits !== null)
    facts.resetsAt = resetOf(obj(payload.rate_limits), line.timestamp);
}

/** Codex counts cached tokens into the input and reasoning into the output. */
export function codexUsage(tokens: Json): Usage {
  const cached = num(tokens.cached_input_tokens) ?? 0;
  return usageOf({
    input: (num(tokens.input_tokens) ?? 0) - cached,
    cached,
    output: num(tokens.output_tokens) ?? 0,
    reasoning: num(tokens.reasoning_output_tokens) ?? 0,
  });
}

/** When all exhausted windows are over; older versions name the seconds that are left instead of the instant. */
function resetOf(limits: Json, writtenAt: unknown): number | undefined {
  const full = Object.values(limits)
    .map(obj)
    .filter((window) => (num(window.used_percent) ?? 0) >= 100);
  const times = full.map(
    (window) => epochMs(window.resets_at) ?? secondsAfter(writtenAt, window.resets_in_seconds),
  );
  const known = times.filter((time) => time !== undefined);
  return known.length ? Math.max(...known) : undefined;
}

function secondsAfter(instant: unknown, seconds: unknown): number | undefined {
  const [from, wait] = [epochMs(instant), num(seconds)];
  return from === undefined || wait === undefined ? undefined : from + wait * 1000;
}

/**
 * The session file of a thread: `$CODEX_HOME/sessions/YYYY/MM/DD/rollout-<time>-<thread>.jsonl`, newest first, because
 * years of sessions may lie there. Null when there is none (for example with `--ephemeral`).
 */
export async function findRollout(place: {
  env: Record<string, string>;
  agentSession: string;
}): Promise<string | null> {
  const home = place.env.CODEX_HOME ?? join(place.env.HOME ?? homedir(), ".codex");
  return find(join(home, "sessions"), `-${place.agentSession}.jsonl`, 3);
}

async function find(folder: string, ending: string, depth: number): Promise<string | null> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const file = entries.find((entry) => entry.isFile() && entry.name.endsWith(ending));
  if (file) return join(folder, file.name);
  if (depth === 0) return null;
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const name of folders.sort().reverse()) {
    const found = await find(join(folder, name), ending, depth - 1);
    if (found) return found;
  }
  return null;
}
