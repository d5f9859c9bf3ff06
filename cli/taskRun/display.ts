/** How a run is shown while it goes on. All of it is talk (stderr or a screen of its own), never data. */
import { usageError } from "../output/errors.ts";
import { say } from "../output/print.ts";
import type { Backend } from "../backend/client.ts";
import { triedMark } from "../../domain/report/text.ts";
import { buildReport } from "../../domain/report/build.ts";
import { duration } from "../output/time.ts";
import type { RunModel } from "./runModel.ts";

export const TUI_MODES = ["full", "minimal", "off", "auto"] as const;
export type TuiMode = (typeof TUI_MODES)[number];

export interface Display {
  change(): void;
  settled: (id: string) => void;
  log: (text: string) => void;
  close(): void;
}

export interface DisplayOrder {
  model: RunModel;
  backend: Backend;
  namespace: string;
  title: string;
  slots: number;
  startedAt: number;
  /** Asked for with `q` or Ctrl+C inside the screen. */
  onQuit: () => void;
}

/** The mode of `--tui`: auto is the full screen on a terminal outside of CI, else none. @throws CliError (exit 2) */
export function tuiMode(flag: string | undefined, env = process.env): "full" | "minimal" | "off" {
  const mode = TUI_MODES.find((one) => one === (flag ?? "auto"));
  if (mode === undefined)
    throw usageError(`--tui must be one of ${TUI_MODES.join(", ")}, got ${JSON.stringify(flag)}`);
  const terminal = process.stderr.isTTY && process.stdout.isTTY && process.stdin.isTTY;
  if (mode === "auto") return terminal && (env.CI ?? "") === "" ? "full" : "off";
  // A screen needs a terminal, whoever asks for one.
  return terminal ? mode : "off";
}

/** Opens the display of a mode; the full screen's libraries are read only when it is wanted. */
export async function openDisplay(mode: "full" | "minimal" | "off", order: DisplayOrder): Promise<Display> {
  if (mode === "full") return (await import("../screen/openScreen.ts")).openRunScreen(order);
  if (mode === "minimal") return (await import("./minimal.ts")).openMinimal(order);
  return plainLines(order);
}

function plainLines({ model }: DisplayOrder): Display {
  const started = new Set<string>();
  return {
    change() {
      for (const job of model.status?.running ?? []) {
        const mark = `${job.handle}:${job.attempt}`;
        if (started.has(mark)) continue;
        started.add(mark);
        say(`▶ RUNNING    ${job.key ?? job.handle}  ${job.title}  [${job.profileUsed ?? "?"}]`);
      }
    },
    settled: (id) => say(settledLine(model, id)),
    log: say,
    close: () => undefined,
  };
}

const MARKS: Readonly<Record<string, string>> = {
  COMPLETED: "✓ COMPLETED ",
  FAILED: "✗ FAILED    ",
  SKIPPED: "- SKIPPED   ",
};

/** One task that has ended, as one line. */
export function settledLine({ task: find, facts }: RunModel, id: string): string {
  const meta = { run_id: "", tasks_files: [], workers: 0, repos_dir: "" };
  const task = find(id);
  const result = buildReport({
    meta,
    startedAt: 0,
    endedAt: 0,
    tasks: task ? [task] : [],
    facts,
    reviews: new Map(),
  }).results[id];
  if (result === undefined) return id;
  const { state_name, title, duration_ms, error } = result;
  const note = error === undefined ? "" : `  ${error.split("\n", 1)[0] ?? ""}`;
  return `${MARKS[state_name] ?? state_name} ${id}  ${title}  ${duration(duration_ms)}  ${triedMark(result)}${note}`;
}
