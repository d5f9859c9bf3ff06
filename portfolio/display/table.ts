import stringWidth from "string-width";
import { clean } from "../../domain/clean.ts";

/** A cell longer than this many columns is cut with "…": one long value must not break every row. */
const MAX_CELL_WIDTH = 90;

export type Cell = string | { text: string; paint: (text: string) => string };

/** The last column of a narrow terminal keeps at least this much. */
const MIN_LAST_WIDTH = 12;

/**
 * A padded table: a header row, then one line a row. Colour is put on after padding, so columns stay aligned. In a
 * terminal of `columns` the last column is cut, because a wrapped row is none that the eye can follow.
 */
export function renderTable(header: string[], rows: Cell[][], columns?: number): string {
  const lines = [header as Cell[], ...rows].map((row) => row.map(toCell));
  const widths = header.map((_, column) =>
    Math.max(...lines.map((row) => stringWidth(row[column]?.text ?? ""))),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = Math.max(MIN_LAST_WIDTH, (columns ?? Number.POSITIVE_INFINITY) - before);
  return lines
    .map((row) =>
      row
        .map((cell, column) => {
          if (column === header.length - 1) return cell.paint(cut(cell.text, room));
          return cell.paint(cell.text) + " ".repeat((widths[column] ?? 0) - stringWidth(cell.text));
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function toCell(cell: Cell): { text: string; paint: (text: string) => string } {
  const { text, paint } = typeof cell === "string" ? { text: cell, paint: (plain: string) => plain } : cell;
  return { text: cut(clean(text), MAX_CELL_WIDTH), paint };
}

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let short = text.slice(0, width - 1);
  while (stringWidth(short) >= width) short = short.slice(0, -1);
  return `${short}…`;
}
