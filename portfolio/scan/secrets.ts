import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { FileVisit } from "./walk.ts";

/** Most source files fit into one read of this size; larger ones cost a second look. */
const BUFFER_BYTES = 256 * 1024;
/** A larger file is generated or data; it is named in the report instead of being searched. */
const MAX_SEARCHED_BYTES = 4 * 1024 * 1024;
/** Bytes looked at for a NUL: the test for "binary" that git and grep use too. */
const BINARY_PROBE_BYTES = 8000;

const SEARCHED = /\.(?:go|py|js|ts|ya?ml|toml|json)$/;
const TEST_FILE = /_test\.go$|^test_/;
const LEFT_OUT = ["vendor", "testdata", ".venv"];

/**
 * Five letters of every name that SECRET can begin with. Alternatives of one length let the regex engine skip
 * ahead: this runs at three times the speed of SECRET over files that hold no such name, which is most of them.
 */
const QUICK = /pikey|pi_ke|pi-ke|token|ecret|asswo/i;
const SECRET =
  /(?<name>(?:api[_-]?key|secret(?:[_-]?key)?|token|password))(?<quoted>["'`]?)[^\S\n]*(?::=|[:=])[^\S\n]*["'](?<value>[^"'\n]{16,})["']/gi;
/** What a line of a scanned repo says when its value is a stand-in and no secret; nothing here is unfinished. */
const HARMLESS_LINE = /example|placeholder|xxx|todo|env:|os\.getenv|\$\{|\$\(/i;

export type SecretHit = { line: number; name: string; shown: string; length: number };
export type SecretSearch =
  { kind: "clean" } | { kind: "hit"; hit: SecretHit } | { kind: "note"; reason: string };

const CLEAN: SecretSearch = { kind: "clean" };
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);

/** True for the files in which the token check looks. */
export function isSearchedForSecrets(visit: FileVisit): boolean {
  if (!SEARCHED.test(visit.name) || TEST_FILE.test(visit.name)) return false;
  return visit.inside.size === 0 || !LEFT_OUT.some((folder) => visit.inside.has(folder));
}

/** Searches one file for the first hard-coded secret. Links and special files are refused, large and binary ones noted. */
export function searchFile(path: string): SecretSearch {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return {
      kind: "note",
      reason: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    };
  }
  try {
    return searchOpen(fd);
  } catch (error) {
    return {
      kind: "note",
      reason: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    };
  } finally {
    closeSync(fd);
  }
}

/**
 * The first hard-coded secret in a text. The value is never given whole: the first three characters and its length
 * are enough to find it, and a report is copied to places where a key must not be.
 */
export function searchText(text: string): SecretHit | undefined {
  if (!QUICK.test(text)) return undefined;
  for (const match of text.matchAll(SECRET)) {
    const { name = "", quoted = "", value = "" } = match.groups ?? {};
    const start = text.lastIndexOf("\n", match.index) + 1;
    const end = text.indexOf("\n", match.index);
    const line = text.slice(start, end === -1 ? undefined : end);
    // With a quoted key (JSON, object literals) a value with blanks is a label or a sentence, not a key.
    const isSentence = quoted !== "" && /\s/.test(value);
    if (HARMLESS_LINE.test(line) || isSentence) continue;
    return { line: lineNumber(text, match.index), name, shown: value.slice(0, 3), length: value.length };
  }
  return undefined;
}

function searchOpen(fd: number): SecretSearch {
  const filled = readSync(fd, buffer, 0, BUFFER_BYTES, 0);
  if (filled < BUFFER_BYTES) return searchBytes(buffer, filled);
  const { size } = fstatSync(fd);
  if (size > MAX_SEARCHED_BYTES) {
    return {
      kind: "note",
      reason: `not searched for secrets: larger than ${MAX_SEARCHED_BYTES / 1024 / 1024} MiB`,
    };
  }
  const whole = Buffer.allocUnsafe(size);
  const got = readSync(fd, whole, 0, size, 0);
  return searchBytes(whole, got);
}

function searchBytes(bytes: Buffer, length: number): SecretSearch {
  // Latin-1 costs no decoding, and every letter that the rules look for is ASCII.
  const text = bytes.toString("latin1", 0, length);
  if (!QUICK.test(text)) return CLEAN;
  const nul = bytes.indexOf(0);
  if (nul !== -1 && nul < Math.min(length, BINARY_PROBE_BYTES)) {
    return { kind: "note", reason: "binary content under a source file's name: not searched" };
  }
  const hit = searchText(text);
  return hit ? { kind: "hit", hit } : CLEAN;
}

function lineNumber(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
