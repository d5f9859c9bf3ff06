/** Cuts text to what a document of the backend may hold: head and tail stay, a line between says what is missing. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { MAX_RESULT_BYTES } from "../../domain/limits.ts";
import type { Redact } from "./redact.ts";

/** Read beyond a cut, bytes: a secret that lies across the cut is still whole when it is looked for. */
const MARGIN_BYTES = 16 * 1024;

export interface Bounded {
  text: string;
  cut: boolean;
}

/**
 * `text` within `maxBytes` of UTF-8. What is cut lies between head and tail (2:1, because a result opens with its
 * answer and ends with its conclusion); the line in between names `file`, where the whole text is.
 */
export function boundText(text: string, options: { file?: string; maxBytes?: number } = {}): Bounded {
  const maxBytes = options.maxBytes ?? MAX_RESULT_BYTES;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return { text, cut: false };
  const buffer = Buffer.from(text);
  return { text: headAndTail(buffer, buffer, { ...options, bytes, maxBytes }), cut: true };
}

/**
 * The text of `file`, redacted and within the size of a result, without reading more of it than is shown.
 * Throws when the file cannot be read.
 */
export function boundFile(file: string, redact: Redact): Bounded {
  const { size } = statSync(file);
  const part = MAX_RESULT_BYTES + MARGIN_BYTES;
  if (size <= 2 * part) return boundText(redact(slice(file, 0, size)), { file });
  const head = Buffer.from(redact(slice(file, 0, part)));
  const tail = Buffer.from(redact(slice(file, size - part, part)));
  return { text: headAndTail(head, tail, { file, bytes: size, maxBytes: MAX_RESULT_BYTES }), cut: true };
}

interface Cut {
  file?: string;
  /** Size of the whole. */
  bytes: number;
  maxBytes: number;
}

function headAndTail(first: Buffer, last: Buffer, { file, bytes, maxBytes }: Cut): string {
  const where = file === undefined ? "" : `; the whole text is in ${file} on the runner`;
  const note = `\n\n[... ${bytes} bytes, cut to ${maxBytes}${where} ...]\n\n`;
  const room = Math.max(maxBytes - Buffer.byteLength(note), 0);
  const head = wholeCharacters(first, 0, Math.floor((room * 2) / 3));
  const tail = wholeCharacters(last, last.length - Math.floor(room / 3), last.length);
  return head + note + tail;
}

/** Synchronous: it is at most some hundred kilobytes that were written a moment ago. */
function slice(file: string, start: number, length: number): string {
  if (length === 0) return "";
  const fd = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(length);
    return wholeCharacters(buffer, 0, readSync(fd, buffer, 0, length, start));
  } finally {
    closeSync(fd);
  }
}

/** Decodes a slice without the halves of characters at its ends: they would become U+FFFD and grow. */
function wholeCharacters(buffer: Buffer, start: number, end: number): string {
  let [from, to] = [Math.max(start, 0), Math.min(end, buffer.length)];
  while (from < to && isContinuation(buffer[from])) from += 1;
  while (to > from && to < buffer.length && isContinuation(buffer[to])) to -= 1;
  return buffer.subarray(from, to).toString("utf8");
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
