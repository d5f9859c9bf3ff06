/** The part that all readers of JSON lines share: splitting, skipping what is no event, and a bounded memory. */
import type { VerdictKind } from "../../domain/verdict.ts";
import { clip, parseObject, type Json } from "./json.ts";
import { createLineSplitter, type Line } from "./lines.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader, type RunEnd, type Trouble } from "./port.ts";
import { resetTimeIn } from "./resetTime.ts";
import { isLimit, type Verdict } from "../../domain/verdict.ts";
import { kindOfWords } from "./words.ts";

/** Longest final answer kept in memory, in characters; the file holds the rest. */
export const TEXT_LIMIT = 1024 * 1024;

/** A final answer as it is kept; what is no text stays as it is. */
export function shortened(answer: unknown): unknown {
  return typeof answer === "string" ? clip(answer, TEXT_LIMIT) : answer;
}

/** What one dialect must say; everything unknown is ignored by returning no events. */
export interface Dialect {
  event(value: Json, notes: Notes): AgentEvent[];
  verdict(end: RunEnd, notes: Notes): Verdict;
  /** One line of stderr, for CLIs that announce their waits there. */
  stderrLine?(line: string, notes: Notes): AgentEvent[];
  evidence?(value: Json): void;
}

/** Facts that every dialect keeps. */
export interface Notes {
  finished: boolean;
  trouble: Trouble | undefined;
  agentSession: string | undefined;
  model: string | undefined;
  version: string | undefined;
  /** Stdout lines that were no JSON object. */
  junk: number;
  /** Stdout ended inside a line that was no JSON object. */
  cutShort: boolean;
  events: number;
}

/** A reader for one dialect. */
export function createJsonReader(dialect: Dialect): Reader {
  const notes: Notes = {
    finished: false,
    trouble: undefined,
    agentSession: undefined,
    model: undefined,
    version: undefined,
    junk: 0,
    cutShort: false,
    events: 0,
  };
  const splitters = { out: createLineSplitter(), err: createLineSplitter(), evidence: createLineSplitter() };
  const read = (lines: Line[]): AgentEvent[] =>
    lines.flatMap((line) => {
      const value = parseObject(line.text);
      if (value) {
        notes.events += 1;
        return dialect.event(value, notes).map(bounded);
      }
      if (line.text.trim() !== "") notes.junk += 1;
      if (line.unterminated) notes.cutShort = true;
      return [];
    });

  return {
    push: (bytes) => read(splitters.out.push(bytes)),
    end: () => read(splitters.out.end()),
    pushStderr: (bytes) =>
      splitters.err
        .push(bytes)
        .flatMap((line) => dialect.stderrLine?.(line.text, notes) ?? [])
        .map(bounded),
    pushEvidence: (bytes) => {
      for (const line of splitters.evidence.push(bytes)) {
        const value = parseObject(line.text);
        if (value) dialect.evidence?.(value);
      }
    },
    get finished() {
      return notes.finished;
    },
    get trouble() {
      return notes.trouble;
    },
    get agentSession() {
      return notes.agentSession;
    },
    get version() {
      return notes.version;
    },
    verdict: (end) => overruled(dialect.verdict(end, notes), end, notes.trouble),
  };
}

/** Texts of events are for the eye: each is cut to the limit. */
function bounded(event: AgentEvent): AgentEvent {
  return event.text.length > EVENT_TEXT_LIMIT
    ? { ...event, text: clip(event.text, EVENT_TEXT_LIMIT) }
    : event;
}

type Stopped = Exclude<RunEnd["endedBy"], "exit" | "after_result" | "timeout" | "idle">;
const STOPPED: Record<Stopped, { kind: VerdictKind; detail: string }> = {
  canceled: { kind: "cancelled", detail: "stopped by us: canceled" },
  lease_lost: { kind: "cancelled", detail: "stopped by us: lease_lost" },
  shutdown: { kind: "cancelled", detail: "stopped by us: shutdown" },
  output_limit: {
    kind: "output_limit",
    detail: "the output passed its limit, so the process was stopped",
  },
  loop: { kind: "loop", detail: "it took the same step again and again, so it was stopped" },
};

/**
 * Our own ending outranks what the torn stream looks like, but never a success whose terminal event was seen. A run
 * that we stopped while the CLI itself was waiting out a limit is that limit, or the cascade would ask the same
 * exhausted account again.
 */
export function overruled(own: Verdict, end: RunEnd, trouble?: Trouble): Verdict {
  if (own.ok) return own;
  switch (end.endedBy) {
    case "exit":
    case "after_result":
      return own;
    case "timeout":
      return { ...own, ok: false, ...outOfTime("timeout", trouble ?? troubleIn(end), end.now) };
    case "idle":
      return { ...own, ok: false, ...outOfTime("idle_timeout", trouble ?? troubleIn(end), end.now) };
    default:
      return { ...own, ok: false, ...STOPPED[end.endedBy] };
  }
}

/**
 * We stopped it for its silence: then what it waited for is the cause. A job that ran out of its whole time is only
 * excused by a limit, or a provider's hiccup in the last second would make every timeout look passing.
 */
function outOfTime(
  own: "timeout" | "idle_timeout",
  wait: Trouble | undefined,
  now: number,
): { kind: VerdictKind; detail: string; retryAt?: number } {
  if (!wait)
    return {
      kind: own,
      detail: own === "timeout" ? "not done before its timeout" : "no output for too long",
    };
  if (own === "timeout" && !isLimit(wait.kind))
    return { kind: own, detail: `not done in time: ${wait.text}` };
  const until = isLimit(wait.kind) ? (wait.retryAt ?? resetTimeIn(wait.text, now)) : undefined;
  return { kind: wait.kind, detail: `stopped while it waited: ${wait.text}`, ...retryAt(until) };
}

/** What the last lines of stderr complain about, when the CLI says nothing on stdout while it waits. */
function troubleIn(end: RunEnd): Trouble | undefined {
  const line = end.stderr
    .split("\n")
    .slice(-8)
    .findLast((text) => /attempt|retry|error|failed|limit/i.test(text) && kindOfWords(text));
  const kind = kindOfWords(line);
  if (!line || !kind) return undefined;
  return { kind, text: clip(line, EVENT_TEXT_LIMIT) };
}

/** An optional field, left out when unknown (exact optional types). */
export function retryAt(time: number | undefined): { retryAt?: number } {
  return time === undefined ? {} : { retryAt: time };
}

/** How a process that said nothing terminal went down: by a signal, or simply without a result. */
export function deathOf(end: RunEnd): VerdictKind {
  const bySignal = end.exitSignal !== null || [129, 130, 131, 134, 137, 143].includes(end.exitCode ?? 0);
  return bySignal ? "killed" : "no_result";
}

/**
 * The exit does not speak against a terminal success event: it was 0, or we ended the process ourselves after it, or
 * nobody saw the exit (the machine went down).
 */
export function exitIsFine(end: RunEnd): boolean {
  const unseen = end.exitCode === null && end.exitSignal === null;
  return end.exitCode === 0 || end.endedBy !== "exit" || unseen;
}
