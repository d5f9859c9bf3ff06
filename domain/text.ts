/** Bounded texts: what the backend keeps of long ones. */

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Head and tail of a text, at most `maxBytes` in UTF-8 with a line between them that says what was left out. The
 * ends are what a reader needs: the head says what was tried, the tail how it ended. Never cuts a character in two.
 */
export function headAndTail(text: string, maxBytes: number): string {
  const bytes = encoder.encode(text);
  if (bytes.length <= maxBytes) return text;
  const note = `\n[... ${bytes.length - maxBytes} bytes or more left out ...]\n`;
  const room = Math.max(0, maxBytes - byteLength(note));
  const headEnd = boundaryBefore(bytes, Math.ceil(room / 2));
  const tailStart = boundaryAfter(bytes, bytes.length - Math.floor(room / 2));
  const decoder = new TextDecoder();
  return decoder.decode(bytes.subarray(0, headEnd)) + note + decoder.decode(bytes.subarray(tailStart));
}

/** First non-empty line, cut to `maxChars` with an ellipsis: a title for lists. */
export function firstLine(text: string, maxChars: number): string {
  const line = text.trim().split("\n", 1)[0]?.trim() ?? "";
  const chars = Array.from(line);
  return chars.length <= maxChars ? line : `${chars.slice(0, maxChars - 1).join("")}…`;
}

function boundaryBefore(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return end;
}

function boundaryAfter(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start < bytes.length && isContinuation(bytes[start])) start += 1;
  return start;
}

/** Bytes 10xxxxxx go on with a character that began before them. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
