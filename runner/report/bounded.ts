/** Cuts text to what a document of the backend may hold: head and tail stay, a line between says what is missing. */
import { MAX_RESULT_BYTES } from "../../domain/limits.ts";

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
  const where = options.file === undefined ? "" : `; the whole text is in ${options.file} on the runner`;
  const note = `\n\n[... ${bytes} bytes, cut to ${maxBytes}${where} ...]\n\n`;
  const room = Math.max(maxBytes - Buffer.byteLength(note), 0);
  const buffer = Buffer.from(text);
  const head = wholeCharacters(buffer, 0, Math.floor((room * 2) / 3));
  const tail = wholeCharacters(buffer, bytes - Math.floor(room / 3), bytes);
  return { text: head + note + tail, cut: true };
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
