import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type RunReport, sortedResults, type TaskResult } from "../../domain/report/model.ts";
import { droverHome } from "../keys/home.ts";

/** One line of the metrics log: what one task of one run took. */
export interface Metric {
  at: string;
  run_id: string;
  task: string;
  repo: string;
  result: "pass" | "fail" | "partial" | "skipped" | "limited";
  runner: string;
  /** Profiles that were tried, in order. */
  tried: string[];
  tokens: number;
  cost_usd: number;
  wall_ms: number;
  review: "pass" | "fail" | "none";
}

/** The log of this machine: JSON lines, appended to by every run. */
export function metricsFile(): string {
  return join(droverHome(), "metrics.log");
}

/** Appends the tasks of a report. Trouble with the log never fails a run: it is said by the caller. */
export function appendMetrics(report: RunReport, file = metricsFile()): void {
  const lines = sortedResults(report)
    .filter(({ state_name }) => state_name !== "PENDING")
    .map((one) => JSON.stringify(metricOf(report, one)));
  if (lines.length === 0) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // One call: lines of two runs that end at once must not be mixed.
  appendFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

/** The lines of the log; half a line, from a machine that lost power, is passed over. */
export function readMetrics(file = metricsFile()): Metric[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      const value = JSON.parse(line) as Metric;
      return typeof value.at === "string" && Array.isArray(value.tried) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function metricOf(report: RunReport, one: TaskResult): Metric {
  return {
    at: one.ended_at ?? report.timestamp,
    run_id: report.run_id,
    task: one.task_id,
    repo: one.repo,
    result: resultOf(one),
    runner: one.runner_used ?? "none",
    tried: one.attempts.map(({ runner }) => runner),
    tokens: one.tokens_used?.total_tokens ?? 0,
    cost_usd: one.cost_usd ?? 0,
    wall_ms: one.duration_ms,
    review: one.review === undefined ? "none" : one.review.passed ? "pass" : "fail",
  };
}

function resultOf({ state_name, review }: TaskResult): Metric["result"] {
  if (state_name === "COMPLETED") return review?.passed === false ? "partial" : "pass";
  if (state_name === "RATE_LIMITED") return "limited";
  return state_name === "SKIPPED" ? "skipped" : "fail";
}
