/** The files of an attempt, and the record from which a restarted daemon adopts or finishes it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HARNESS_KINDS, STREAM_KINDS, type EndedBy } from "../harness/port.ts";
import { writePrivate } from "../state/privateFile.ts";

/** Where everything of an attempt lies in its folder. */
export function attemptFiles(dir: string) {
  return {
    record: join(dir, "attempt.json"),
    prompt: join(dir, "prompt.md"),
    stdout: join(dir, "stdout.jsonl"),
    stderr: join(dir, "stderr.log"),
    exit: join(dir, "exit"),
    result: join(dir, "result.json"),
    /** TMPDIR of the attempt, deleted after it: CLIs leave megabytes and whole conversations there. */
    tmp: join(dir, "tmp"),
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

/** Writes the record whole or not at all: a daemon killed half-way must not leave half a record. */
export function writeRecord(dir: string, record: AttemptRecord): void {
  writePrivate(attemptFiles(dir).record, `${JSON.stringify(record, null, 2)}\n`);
}

/** The record of an attempt's folder. Throws with the path when there is none or it is not one. */
export async function readRecord(dir: string): Promise<AttemptRecord> {
  const { record: file } = attemptFiles(dir);
  const parsed = recordSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) throw new Error(`${file} is no attempt record: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
