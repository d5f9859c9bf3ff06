/** The lay-out of the screen: state and size in, lines out. One line less than the terminal has, so that nothing scrolls. */
import { cleanLine } from "../../domain/clean.ts";
import { cut, pad } from "../output/table.ts";
import { HELP } from "./keys.ts";
import { MARKS } from "./minimalLines.ts";
import type { ScreenState } from "./store.ts";
import type { Row, RowState } from "./view.ts";

export interface Line {
  text: string;
  color?: "green" | "red" | "cyan" | "yellow";
  inverse?: boolean;
  dim?: boolean;
}

interface Size {
  columns: number;
  rows: number;
}

/** Below this height the log panel is left out. */
const LOG_FROM_ROWS = 20;
/** Below this width the agents panel is left out. */
const AGENTS_FROM_COLUMNS = 70;
/** Header, ruler and foot. */
const FRAME_LINES = 4;
const COLORS: Readonly<Partial<Record<RowState, Line["color"]>>> = {
  failed: "red",
  running: "cyan",
  completed: "green",
  limited: "yellow",
};

/** The lines of the screen, each at most `columns` wide. */
export function screenLines(state: ScreenState, { columns, rows }: Size): Line[] {
  const { view, mode } = state;
  const body = Math.max(1, rows - 1 - FRAME_LINES);
  const logHeight = rows >= LOG_FROM_ROWS ? Math.floor(body * 0.35) : 0;
  const head: Line[] = [
    {
      text: `${view.title}  ${view.counts.done}/${view.counts.total} done${countWords(state)}${view.paused ? "  PAUSED" : ""}`,
    },
    { text: view.header, dim: true },
    ruler(columns, panelName(state)),
  ];
  const middle =
    mode === "help"
      ? block(HELP, body)
      : mode === "details"
        ? block(state.details, body)
        : [
            ...listAndAgents(state, { columns, rows: body - logHeight }),
            ...logLines(state, logHeight, columns),
          ];
  const lines = [...head, ...middle, { text: foot(state), dim: true }];
  return lines.map((line) => ({ ...line, text: cut(cleanLine(line.text), columns) }));
}

function countWords({ view: { counts } }: ScreenState): string {
  const parts = [
    [counts.running, "running"],
    [counts.failed, "failed"],
    [counts.limited, "limited"],
    [counts.skipped, "skipped"],
    [counts.queued, "queued"],
  ] as const;
  return parts.flatMap(([n, name]) => (n === 0 ? [] : [`, ${n} ${name}`])).join("");
}

function panelName({ panel, filter }: ScreenState): string {
  return filter === "" ? panel : `${panel}, filter: ${filter}`;
}

function ruler(columns: number, name: string): Line {
  const text = `── ${name} `;
  return { text: text + "─".repeat(Math.max(0, columns - text.length)), dim: true };
}

function block(lines: readonly string[], height: number): Line[] {
  return Array.from({ length: height }, (_, i) => ({ text: lines[i] ?? "" }));
}

function listAndAgents(state: ScreenState, { columns, rows }: Size): Line[] {
  const withAgents = columns >= AGENTS_FROM_COLUMNS;
  const width = withAgents ? Math.floor(columns * 0.65) : columns;
  const { view, selected } = state;
  const first = Math.max(0, Math.min(selected - Math.floor(rows / 2), view.rows.length - rows));
  return Array.from({ length: rows }, (_, i) => {
    const row = view.rows[first + i];
    const text = row === undefined ? "" : cut(cleanLine(rowText(row, width)), width);
    const chosen = first + i === selected && state.panel === "tasks";
    return {
      text: withAgents ? `${pad(text, width)}│ ${agentText(state, i)}` : text,
      ...(row === undefined ? {} : lookOf(row, chosen)),
    };
  });
}

function lookOf({ state }: Row, chosen: boolean): Partial<Line> {
  const color = COLORS[state];
  return {
    ...(color === undefined ? {} : { color }),
    ...(chosen ? { inverse: true } : {}),
    ...(state === "queued" || state === "skipped" ? { dim: true } : {}),
  };
}

function rowText({ state, id, title, elapsed, profile, note }: Row, width: number): string {
  const name = Math.max(10, Math.floor(width * 0.25));
  const tail = [elapsed, profile, note].filter((text) => text !== "").join("  ");
  const rest = Math.max(0, width - name - 4 - Math.min(tail.length, Math.floor(width * 0.45)) - 2);
  return `${pad(MARKS[state], 3)}${pad(cut(id, name), name + 1)}${pad(cut(title, Math.max(1, rest)), rest + 2)}${tail}`;
}

function agentText({ view }: ScreenState, line: number): string {
  if (line === 0) return "profile      run  ok  bad";
  const agent = view.agents[line - 1];
  if (agent === undefined) return "";
  const number = (n: number, width: number) => String(n).padStart(width);
  return `${pad(cut(agent.profile, 12), 12)}${number(agent.running, 4)}${number(agent.done, 4)}${number(agent.failed, 5)}`;
}

function logLines({ log }: ScreenState, height: number, columns: number): Line[] {
  if (height === 0) return [];
  const shown = log.slice(-(height - 1));
  return [ruler(columns, "log"), ...block(shown, height - 1)];
}

function foot({ mode, typed, view }: ScreenState): string {
  switch (mode) {
    case "filter":
      return `filter: ${typed}▏  enter keeps it, esc drops it`;
    case "profile":
      return `retry with profile: ${typed}▏  enter, or esc`;
    case "confirmQuit":
      return `${view.counts.running} running, ${view.counts.queued} queued: stop the run? y stops it, any other key goes on`;
    case "details":
    case "help":
      return "esc back";
    case "list":
      return `? help  / filter  x cancel  R retry  r profile  p pause  enter details  q quit${view.hidden > 0 ? `  (${view.hidden} more)` : ""}`;
    default:
      return mode satisfies never;
  }
}
