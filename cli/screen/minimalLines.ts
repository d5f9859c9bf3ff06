import { cleanLine } from "../../domain/clean.ts";
import { cut } from "../output/table.ts";
import type { RowState, ScreenView } from "./view.ts";

/** Rows of the small display. */
const MAX_LINES = 20;

export const MARKS: Readonly<Record<RowState, string>> = {
  failed: "✗",
  running: "▶",
  completed: "✓",
  limited: "⏳",
  locked: "🔒",
  queued: "·",
  skipped: "-",
};

/** The small display: progress, at most 20 tasks, and how many more there are. */
export function minimalLines(view: ScreenView, width: number): string[] {
  const { counts, rows } = view;
  const shown = rows.slice(0, MAX_LINES);
  const more = rows.length + view.hidden - shown.length;
  return [
    `${view.title}  ${counts.done}/${counts.total} done  ${view.header}${view.paused ? "  PAUSED" : ""}`,
    ...shown.map((row) =>
      [MARKS[row.state], row.id, row.title, row.elapsed, row.profile, row.note]
        .filter((text) => text !== "")
        .join("  "),
    ),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ].map((line) => cut(cleanLine(line), width));
}
