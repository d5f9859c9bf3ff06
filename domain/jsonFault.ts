/** Where a text stops being JSON: 1-based line and column, and what stands there. */
export interface JsonFault {
  line: number;
  column: number;
  message: string;
}

/**
 * Finds the first place at which a text is not JSON (RFC 8259), or null when it is JSON. `JSON.parse` of Node 20
 * names no position for most mistakes, and "unexpected token" without a line sends people searching.
 */
export function findJsonFault(text: string): JsonFault | null {
  const fault = scan(text);
  if (fault === null) return null;
  const before = text.slice(0, fault.at).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1, message: fault.message };
}

const TOKEN =
  /[ \t\n\r]*(?:([{}[\]:,])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
const SPACE = /[ \t\n\r]*/y;

/** What may come next; the words are those of the message. */
type Expect = "a value" | "a value or ]" | "a key or }" | "a key" | ":" | "end" | ", or ]" | ", or }";

interface Scan {
  expect: Expect;
  stack: ("{" | "[")[];
}

function scan(text: string): { at: number; message: string } | null {
  const state: Scan = { expect: "a value", stack: [] };
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    const start = SPACE.lastIndex;
    if (start === text.length) {
      return state.expect === "end"
        ? null
        : { at: start, message: `${wanted(state)}, but the text ends here` };
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null || !step(state, match)) {
      return { at: start, message: `${wanted(state)}, found ${shown(text, start)}` };
    }
    at = TOKEN.lastIndex;
  }
}

/** Takes one token; false when it may not stand here. */
function step(state: Scan, [, mark, string, scalar]: RegExpExecArray): boolean {
  const { expect } = state;
  if (mark !== undefined) return stepMark(state, mark);
  if (string !== undefined && (expect === "a key" || expect === "a key or }")) {
    state.expect = ":";
    return true;
  }
  if (expect !== "a value" && expect !== "a value or ]") return false;
  if (string === undefined && scalar === undefined) return false;
  state.expect = afterValue(state);
  return true;
}

/** Marks that neither open nor close: what they lead to from where. */
const SEPARATORS: Partial<Record<string, Expect>> = {
  ":after :": "a value",
  ",after , or }": "a key",
  ",after , or ]": "a value",
};

function stepMark(state: Scan, mark: string): boolean {
  const { expect, stack } = state;
  const next = SEPARATORS[`${mark}after ${expect}`];
  if (next !== undefined) {
    state.expect = next;
    return true;
  }
  if ((expect === "a value" || expect === "a value or ]") && (mark === "{" || mark === "[")) {
    stack.push(mark);
    state.expect = mark === "{" ? "a key or }" : "a value or ]";
    return true;
  }
  if (!closes(expect, mark)) return false;
  stack.pop();
  state.expect = afterValue(state);
  return true;
}

function closes(expect: Expect, mark: string): boolean {
  return (
    (mark === "}" && (expect === "a key or }" || expect === ", or }")) ||
    (mark === "]" && (expect === "a value or ]" || expect === ", or ]"))
  );
}

function afterValue({ stack }: Scan): Expect {
  const open = stack.at(-1);
  if (open === undefined) return "end";
  return open === "{" ? ", or }" : ", or ]";
}

function wanted({ expect }: Scan): string {
  return expect === "end" ? "expected nothing more" : `expected ${expect}`;
}

/** Characters of the offending text that a message quotes. */
const QUOTED_CHARS = 20;

function shown(text: string, at: number): string {
  const rest = text.slice(at).split(/[\n\r]/)[0] ?? "";
  return JSON.stringify(rest.length > QUOTED_CHARS ? `${rest.slice(0, QUOTED_CHARS)}…` : rest);
}
