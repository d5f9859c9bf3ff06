import { cleanLine } from "../clean.ts";
import { type ReportState, type RunReport, sortedResults, type TaskResult } from "./model.ts";

const SECTIONS: readonly (readonly [ReportState, string])[] = [
  ["RUNNING", "RUNNING"],
  ["COMPLETED", "COMPLETED"],
  ["FAILED", "FAILED"],
  ["SKIPPED", "SKIPPED"],
  ["RATE_LIMITED", "RATE LIMITED"],
  ["PENDING", "BLOCKED"],
];

/** The report as the lines that its users know: a section per state, then one line of totals. */
export function toText(report: RunReport): string {
  const results = sortedResults(report);
  const sections = SECTIONS.flatMap(([state, name]) => {
    const list = results.filter(({ state_name }) => state_name === state);
    if (list.length === 0) return [];
    return [`${name} [${list.length}/${report.total_tasks}]`, ...list.map(line), ""];
  });
  return [...sections, summaryLine(report)].join("\n");
}

/** The last line of a run. */
export function summaryLine(report: RunReport): string {
  const { completed, total_tasks, failed, skipped, rate_limited, total_tokens, total_cost_usd } = report;
  const parts = [
    `${completed}/${total_tasks} completed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(rate_limited > 0 ? [`${rate_limited} rate-limited`] : []),
    ...(total_tokens.total_tokens > 0 ? [`${total_tokens.total_tokens} tokens`] : []),
    ...(total_cost_usd > 0 ? [`$${total_cost_usd.toFixed(2)}`] : []),
    spell(report.total_duration_ms),
  ];
  const reset = report.resets_at === undefined ? "" : `; limits reset at ${report.resets_at}`;
  return `${parts.join(", ")}${reset}${report.interrupted === true ? " (interrupted)" : ""}`;
}

function line(one: TaskResult): string {
  const note = one.error === undefined ? "" : `  ${one.error.split("\n", 1)[0] ?? ""}`;
  return `  ${cleanLine(`${one.task_id}  ${one.title}  ${spell(one.duration_ms)}  ${triedMark(one)}${note}`)}`.trimEnd();
}

/** `[codex]`, `[via zai]` where a fallback finished, `(tried codex→zai)` where none did. */
export function triedMark({ attempts, state_name, runner_used }: TaskResult): string {
  const tried = attempts.map(({ runner }) => runner).filter((name, i, all) => name !== all[i - 1]);
  if (state_name === "COMPLETED") {
    return tried.length > 1
      ? `[via ${runner_used ?? "?"}]`
      : runner_used === undefined
        ? ""
        : `[${runner_used}]`;
  }
  return tried.length === 0 ? "" : `(tried ${tried.join("→")})`;
}

/** A length of time like Go programs spell it: `3m20s`, `1h2m3s`, `0s`. */
export function spell(ms: number): string {
  const total = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  return `${h > 0 ? `${h}h` : ""}${h > 0 || m > 0 ? `${m}m` : ""}${s}s`;
}
