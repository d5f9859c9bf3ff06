/** Reading what people and programs hand in: text, files, stdin, durations. All are checked before anything is sent. */
import { readFileSync } from "node:fs";
import ms, { type StringValue } from "ms";
import { MAX_PAGE, MAX_TEXT_BYTES } from "../domain/limits.ts";
import { usageError } from "./output/errors.ts";

/** Reads a file, or stdin for `-`, as strict UTF-8. @throws CliError (exit 2) */
export function readTextInput(file: string, what: string): string {
  const bytes = readBytes(file, what);
  try {
    // A wrong byte would silently become U+FFFD in the prompt of an agent.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw usageError(
      `${what}: ${file === "-" ? "stdin" : file} is not valid UTF-8: convert it first (iconv -t utf-8)`,
    );
  }
}

function readBytes(file: string, what: string): Buffer {
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw usageError(`${what}: there is no file ${file}`);
    throw usageError(`${what}: cannot read ${file}: ${message}`);
  }
}

/** A text that the backend will take: not empty, not above the limit of documents. */
export function checkText(text: string, what: string): string {
  if (text.trim() === "") throw usageError(`${what} is empty: say what is to be done`);
  // Node turns bytes of the command line that are not UTF-8 into this character: an agent would get a wrong text.
  if (text.includes("\uFFFD"))
    throw usageError(`${what} is not valid UTF-8: convert it first (iconv -t utf-8)`);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEXT_BYTES) {
    throw usageError(
      `${what} has ${Math.ceil(bytes / 1024)} KB, at most ${MAX_TEXT_BYTES / 1024} KB are kept: put it into a file of the repo and name the file`,
    );
  }
  return text;
}

/** A length of time in ms: `90s`, `10m`, `2h`, or a bare number of milliseconds. @throws CliError (exit 2) */
export function parseDuration(text: string, what: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : ms(text as StringValue);
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return Math.round(value);
  throw usageError(`${what} must be a length of time like 90s, 10m or 2h, got "${text}"`);
}

/** A whole number of a flag; priorities may be negative. @throws CliError (exit 2) */
export function parseWhole(text: string, what: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw usageError(`${what} must be a whole number, got "${text}"`);
}

/** The `limit` argument of a list. */
export function limitOption(text: string | undefined): { limit?: number } {
  if (text === undefined) return {};
  const limit = parseWhole(text, "--limit");
  if (limit < 1 || limit > MAX_PAGE)
    throw usageError(`--limit must lie between 1 and ${MAX_PAGE}, got ${limit}`);
  return { limit };
}
