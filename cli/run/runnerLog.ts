import { mkdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import pino from "pino";
import type { LogEntry } from "../../runner/options.ts";
import { talkColor } from "../output/color.ts";
import { say } from "../output/print.ts";
import { clock } from "../output/time.ts";

/** A log larger than this is put aside at the start of a runner, bytes; the one before it is dropped. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

export interface RunnerLog {
  file: string;
  write: (entry: LogEntry) => void;
}

/** Writes every entry as a JSON line into the runner's folder, and says the ones that a person wants to see. */
export function openRunnerLog(home: string, name: string): RunnerLog {
  const file = join(home, "runners", name, "runner.log");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  // Synchronous: the last lines before a crash are the ones that matter.
  const logger = pino(
    { level: "debug", base: { runner: name } },
    pino.destination({ dest: file, sync: true }),
  );
  return {
    file,
    write: (entry) => {
      const { level, ...rest } = entry;
      logger[level](rest);
      if (level !== "debug") say(logLine(entry));
    },
  };
}

const PAINTS = {
  debug: talkColor.dim,
  info: (text: string) => text,
  warn: talkColor.yellow,
  error: talkColor.red,
};

function logLine({ level, event, job, attempt, detail }: LogEntry): string {
  const about =
    job === undefined ? "" : ` ${job}${attempt === undefined || attempt < 2 ? "" : ` (attempt ${attempt})`}`;
  const more = detail === undefined ? "" : ` ${talkColor.dim(detail)}`;
  return `${talkColor.dim(clock(Date.now()))} ${PAINTS[level](event)}${about}${more}`;
}
