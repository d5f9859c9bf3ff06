import stringWidth from "string-width";
import { clean } from "./clean.ts";

/** A cell longer than this many columns is cut with "…": one long value must not break every row. */
const MAX_CELL_WIDTH = 90;

export type Cell = string | { text: string; paint: (text: string) => string };

/** A padded table: a header row, then one line a row. Colour is put on after padding, so columns stay aligned. */
export function renderTable(header: string[], rows: Cell[][]): string {
  const lines = [header as Cell[], ...rows].map((row) => row.map(toCell));
  const widths = header.map((_, column) =>
    Math.max(...lines.map((row) => stringWidth(row[column]?.text ?? ""))),
  );
  return lines
    .map((row) =>
      row
        .map((cell, column) => {
          const last = column === header.length - 1;
          const gap = last ? "" : " ".repeat((widths[column] ?? 0) - stringWidth(cell.text));
          return cell.paint(cell.text) + gap;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function toCell(cell: Cell): { text: string; paint: (text: string) => string } {
  const { text, paint } = typeof cell === "string" ? { text: cell, paint: (plain: string) => plain } : cell;
  return { text: cut(clean(text)), paint };
}

function cut(text: string): string {
  if (stringWidth(text) <= MAX_CELL_WIDTH) return text;
  let short = text.slice(0, MAX_CELL_WIDTH - 1);
  while (stringWidth(short) >= MAX_CELL_WIDTH) short = short.slice(0, -1);
  return `${short}…`;
}
