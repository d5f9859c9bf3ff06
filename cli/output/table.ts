import { color } from "./color.ts";
import { isPlain, widthOf } from "./width.ts";

/** Columns when no terminal tells its width (tests, CI logs). */
const DEFAULT_COLUMNS = 100;
const GAP = 2;
/** The last column never gets narrower than this; a narrower terminal wraps it. */
const MIN_LAST = 12;

/** The width that output may use. */
export function columns(): number {
  return process.stdout.columns > 0 ? process.stdout.columns : DEFAULT_COLUMNS;
}

/** The width that talk may use. */
export function talkColumns(): number {
  return process.stderr.columns > 0 ? process.stderr.columns : DEFAULT_COLUMNS;
}

/**
 * Lines of padded columns; the last one is cut to the width of the terminal.
 * @param rows cells may be coloured, but the last one only when it is short
 */
export function table(rows: string[][], width = columns()): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(...rows.map((row) => widthOf(row[i] ?? ""))),
  );
  const before = widths.slice(0, -1).reduce((sum, w) => sum + w + GAP, 0);
  const last = Math.max(MIN_LAST, width - before);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === count - 1 ? cut(cell, last) : pad(cell, (widths[i] ?? 0) + GAP)))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

/** What `facts` shows; a fact without a value is left out. */
export type Fact = readonly [name: string, value: string | undefined];

/** Lines of `name  value`: the names padded, long values wrapped below themselves. */
export function facts(all: readonly Fact[], width = columns()): string {
  const known = all.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const indent = " ".repeat(Math.max(0, ...known.map(([name]) => widthOf(name))) + GAP);
  return known
    .map(([name, value]) => color.dim(pad(name, indent.length)) + wrap(value, indent, width).trimStart())
    .join("\n");
}

export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** One line of at most `width` columns: line breaks become spaces, what is too long ends in an ellipsis. */
export function cut(text: string, width: number): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, " ");
  if (widthOf(line) <= width) return line;
  if (isPlain(line)) return `${line.slice(0, Math.max(0, width - 1)).trimEnd()}…`;
  let short = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    used += widthOf(segment);
    if (used > width - 1) break;
    short += segment;
  }
  return `${short.trimEnd()}…`;
}

/** Wraps words to the width, each line indented. */
export function wrap(text: string, indent = "", width = columns()): string {
  return text
    .split("\n")
    .flatMap((line) => wrapLine(line, Math.max(MIN_LAST, width - indent.length)))
    .map((line) => `${indent}${line}`.trimEnd())
    .join("\n");
}

/** Keeps the indentation of the line, on all lines that it becomes: lists and code stay readable. */
function wrapLine(line: string, width: number): string[] {
  const lead = /^ */.exec(line)?.[0] ?? "";
  const room = width - lead.length;
  if (lead !== "" && room >= MIN_LAST) {
    return wrapLine(line.slice(lead.length), room).map((part) => `${lead}${part}`);
  }
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    const joined = current === "" ? word : `${current} ${word}`;
    if (current !== "" && widthOf(joined) > width) {
      lines.push(current);
      current = word;
    } else current = joined;
  }
  return [...lines, current];
}
