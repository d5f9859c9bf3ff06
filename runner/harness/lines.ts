/**
 * Bytes into lines, split at the byte `\n` alone. `node:readline` also splits at U+2028 and U+2029 (from Node 22),
 * which two of the CLIs print raw inside JSON strings; and a whole line is decoded at once, so a character that
 * arrives in two chunks stays whole.
 */
const NEWLINE = 0x0a;
/** Longest line that is kept, in bytes: answers of 2 MB on one line were seen. */
export const LINE_LIMIT_BYTES = 8 * 1024 * 1024;

export interface Line {
  text: string;
  /** The line was longer than the limit: `text` is its beginning. */
  cut: boolean;
  /** The stream ended before the line did. */
  unterminated: boolean;
}

export interface LineSplitter {
  push(bytes: Uint8Array): Line[];
  end(): Line[];
}

/** A splitter with its own memory of at most one line of `limit` bytes. */
export function createLineSplitter(limit = LINE_LIMIT_BYTES): LineSplitter {
  const decoder = new TextDecoder("utf-8");
  let parts: Uint8Array[] = [];
  let kept = 0;
  let cut = false;

  const keep = (bytes: Uint8Array) => {
    const room = limit - kept;
    if (bytes.length > room) cut = true;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    if (part.length === 0) return;
    // A copy: the caller may reuse its buffer before the line is complete.
    parts.push(Uint8Array.from(part));
    kept += part.length;
  };
  const take = (unterminated: boolean): Line => {
    const text = decoder.decode(Buffer.concat(parts, kept)).replace(/\r$/, "");
    const line = { text, cut, unterminated };
    parts = [];
    kept = 0;
    cut = false;
    return line;
  };

  return {
    push(bytes) {
      const lines: Line[] = [];
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        keep(bytes.subarray(from, at));
        lines.push(take(false));
        from = at + 1;
      }
      keep(bytes.subarray(from));
      return lines;
    },
    end: () => (kept > 0 ? [take(true)] : []),
  };
}
