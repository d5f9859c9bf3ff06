import { join } from "node:path";
import type { LogEntry } from "../../runner/options.ts";
import { talkColor } from "../output/color.ts";
import { say } from "../output/print.ts";
import { clock } from "../output/time.ts";
import { openLogFile } from "./logFile.ts";

export interface RunnerLog {
  file: string;
  write: (entry: LogEntry) => void;
}

/** Writes every entry as a JSON line into the runner's folder, and says the ones that a person wants to see. */
export function openRunnerLog(home: string, name: string): RunnerLog {
  const file = join(home, "runners", name, "runner.log");
  const logger = openLogFile(file);
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

/** An entry as a person reads it. */
export function logLine({ level, event, job, attempt, detail }: LogEntry): string {
  const again = attempt === undefined || attempt < 2 ? "" : ` (attempt ${attempt})`;
  const about = job === undefined ? "" : ` ${job}${again}`;
  const more = detail === undefined ? "" : ` ${talkColor.dim(detail)}`;
  return `${talkColor.dim(clock(Date.now()))} ${PAINTS[level](event)}${about}${more}`;
}
