/** How a run is shown while it goes on, and its plainest form. All of it is talk (stderr), never data. */
import { say } from "../output/print.ts";
import type { Backend } from "../backend/client.ts";
import { cleanLine } from "../../domain/clean.ts";
import { triedMark } from "../../domain/report/text.ts";
import { buildReport, reviewOf } from "../../domain/report/build.ts";
import { duration } from "../output/time.ts";
import type { RunModel } from "./runModel.ts";

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
  /** Of the run: what a pause holds. */
  assignment: string;
  title: string;
  slots: number;
  startedAt: number;
  /** Asked for with `q` or Ctrl+C inside the screen. */
  onQuit: () => void;
}

/** One line for each job that starts or ends, for logs and pipes. */
export function plainLines({ model }: DisplayOrder): Display {
  const started = new Set<string>();
  return {
    change() {
      for (const job of model.status?.running ?? []) {
        const mark = `${job.handle}:${job.attempt}`;
        if (started.has(mark)) continue;
        started.add(mark);
        say(cleanLine(`▶ RUNNING    ${job.key ?? job.handle}  ${job.title}  [${job.profileUsed ?? "?"}]`));
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
  RATE_LIMITED: "⏳ LIMITED  ",
};

/** One review that has ended, as one line. */
export function reviewLine({ reviews }: RunModel, id: string): string {
  const facts = reviews.get(id);
  if (facts === undefined) return id;
  const { runner, passed, error } = reviewOf(facts);
  return cleanLine(
    `${passed ? "✓" : "✗"} REVIEW     ${id}  ${passed ? "PASS" : (error ?? "FAIL")}  [${runner}]`,
  );
}

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
  return cleanLine(
    `${MARKS[state_name] ?? state_name} ${id}  ${title}  ${duration(duration_ms)}  ${triedMark(result)}${note}`,
  );
}
