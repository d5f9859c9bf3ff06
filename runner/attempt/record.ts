/** The files of an attempt, and the record from which a restarted daemon adopts or finishes it. */
import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { sep } from "node:path";
import { z } from "zod";
import { HARNESS_KINDS, STREAM_KINDS, type EndedBy } from "../harness/port.ts";

/** Where everything of an attempt lies in its folder. Not by `join`: each of a dozen steps of a job asks for all of it. */
export function attemptFiles(dir: string) {
  const at = dir + sep;
  return {
    record: `${at}attempt.json`,
    prompt: `${at}prompt.md`,
    stdout: `${at}stdout.jsonl`,
    stderr: `${at}stderr.log`,
    exit: `${at}exit`,
    result: `${at}result.json`,
    /** TMPDIR of the attempt, deleted after it: CLIs leave megabytes and whole conversations there. */
    tmp: `${at}tmp`,
  };
}

const ENDINGS = [
  ...[
    "exit",
    "timeout",
    "idle",
    "canceled",
    "lease_lost",
    "shutdown",
    "after_result",
    "output_limit",
    "loop",
  ],
] as [EndedBy, ...EndedBy[]];

const recordSchema = z.object({
  id: z.string(),
  profile: z.object({
    name: z.string(),
    type: z.enum(HARNESS_KINDS),
    output: z.enum(STREAM_KINDS).optional(),
  }),
  resumed: z.boolean(),
  startedAt: z.number(),
  cwd: z.string(),
  argv: z.array(z.string()),
  /** Where a CLI keeps files that complete its output. */
  home: z.record(z.string(), z.string()),
  /** Absent between the decision to start and the start: then the marker alone finds what may run. */
  process: z.object({ pid: z.number(), startTime: z.string() }).optional(),
  /** Why we stopped it, noted before the first signal. */
  endedBy: z.enum(ENDINGS).optional(),
});

export type AttemptRecord = z.infer<typeof recordSchema>;

/** The text of a new record. */
export function recordText(record: AttemptRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/**
 * Adds what came later as a line of its own: an append makes no file and renames none, which a busy disk delays. The
 * line feed comes first as well, so that half a line of a full disk does not swallow this one.
 */
export function addToRecord(dir: string, later: Pick<AttemptRecord, "process" | "endedBy">): void {
  appendFileSync(attemptFiles(dir).record, `\n${JSON.stringify(later)}\n`);
}

/** The record of an attempt's folder. Throws with the path when there is none or it is not one. */
export async function readRecord(dir: string): Promise<AttemptRecord> {
  const { record: file } = attemptFiles(dir);
  const lines = (await readFile(file, "utf8")).split("\n").map(parseObject);
  const parsed = recordSchema.safeParse(Object.assign({}, ...lines));
  if (!parsed.success) throw new Error(`${file} is no attempt record: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** A line that a kill has cut says nothing: without the first one, nothing was started. */
function parseObject(line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
