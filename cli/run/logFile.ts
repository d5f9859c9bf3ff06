import { mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import pino from "pino";

/** A log larger than this is put aside when it is opened, bytes; the one before it is dropped. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;
/** Logs name prompts and paths: they are for their owner alone. */
const FOLDER_MODE = 0o700;

/** Opens a log of JSON lines. */
export function openLogFile(file: string): pino.Logger {
  mkdirSync(dirname(file), { recursive: true, mode: FOLDER_MODE });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  // Synchronous: the last lines before a crash are the ones that matter.
  return pino({ level: "debug", base: null }, pino.destination({ dest: file, sync: true }));
}
