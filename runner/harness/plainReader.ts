/** Reader of programs that print plain text: the exit code decides, the end of stdout is the result. */
import type { Verdict } from "../../domain/verdict.ts";
import { clip } from "./json.ts";
import { deathOf, overruled } from "./jsonReader.ts";
import { createLineSplitter, type Line } from "./lines.ts";
import { EVENT_TEXT_LIMIT, type AgentEvent, type Reader, type RunEnd } from "./port.ts";
import { lastLine } from "./words.ts";

/** How much of the end of stdout becomes the result, in bytes. */
export const PLAIN_RESULT_BYTES = 64 * 1024;

export function readPlain(): Reader {
  const lines = createLineSplitter();
  let tail: Buffer = Buffer.alloc(0);
  const told = (read: Line[]): AgentEvent[] =>
    read
      .filter((line) => line.text.trim() !== "")
      .map(({ text }) => ({ type: "text", text: clip(text, EVENT_TEXT_LIMIT) }));
  return {
    push(bytes) {
      const joined = Buffer.concat([tail, bytes.subarray(-PLAIN_RESULT_BYTES)]);
      tail = Buffer.from(joined.subarray(-PLAIN_RESULT_BYTES));
      return told(lines.push(bytes));
    },
    end: () => told(lines.end()),
    finished: false,
    trouble: undefined,
    agentSession: undefined,
    version: undefined,
    verdict: (end) => overruled(judge(decodeTail(tail), end), end),
  };
}

function judge(text: string, end: RunEnd): Verdict {
  if (end.exitCode === 0 && end.endedBy === "exit") return { kind: "success", ok: true, text };
  if (end.exitCode === 127 || end.exitCode === 126) {
    return {
      kind: "failed",
      ok: false,
      text,
      detail: lastLine(end.stderr) ?? "a command was not found or not executable",
    };
  }
  const death = deathOf(end);
  const how = end.exitSignal ?? `exit code ${end.exitCode ?? "unknown"}`;
  const said = lastLine(end.stderr);
  if (end.exitCode === null && end.exitSignal === null) {
    return {
      kind: "no_result",
      ok: false,
      text,
      detail: "ended while nobody watched; its exit code is unknown",
    };
  }
  return {
    kind: death === "killed" ? "killed" : "failed",
    ok: false,
    text,
    detail: said ? `${how}: ${said}` : how,
  };
}

/** The kept bytes may begin inside a character: those continuation bytes are dropped. */
function decodeTail(tail: Buffer): string {
  let from = 0;
  while (from < 4 && from < tail.length && ((tail[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return tail.subarray(from).toString("utf8");
}
