import { type RunReport, sortedResults, type TaskResult } from "./model.ts";
import { spell } from "./text.ts";

/** The report for people: totals, per repo and per profile, then every task that did not complete. */
export function toMarkdown(report: RunReport): string {
  const results = sortedResults(report);
  const { total_tokens: tokens, total_cost_usd: cost } = report;
  return [
    `# Run ${report.timestamp.slice(0, 19).replace("T", " ")}`,
    "",
    `${report.completed} of ${report.total_tasks} tasks completed, ${report.failed} failed, ${report.skipped} skipped, ${report.rate_limited} rate-limited, in ${spell(report.total_duration_ms)}.`,
    `${tokens.total_tokens} tokens (${tokens.input_tokens} in, ${tokens.output_tokens} out), $${cost.toFixed(2)}.`,
    ...(report.resets_at === undefined ? [] : [`Limits reset at ${report.resets_at}.`]),
    "",
    "## By repo",
    "",
    ...totals(
      "repo",
      groups(results, ({ repo }) => repo),
    ),
    "",
    "## By profile",
    "",
    ...totals(
      "profile",
      groups(results, ({ runner_used }) => runner_used ?? "none"),
    ),
    "",
    "## Tasks",
    "",
    "| task | repo | state | profile | time | tokens | cost | note |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...results.map(row),
    "",
  ].join("\n");
}

function row(one: TaskResult): string {
  const cells = [
    ...[one.task_id, one.repo, one.state_name, one.runner_used ?? "", spell(one.duration_ms)],
    ...[
      String(one.tokens_used?.total_tokens ?? ""),
      one.cost_usd === undefined ? "" : `$${one.cost_usd.toFixed(2)}`,
    ],
    one.error ?? (one.review === undefined ? "" : `review: ${one.review.passed ? "PASS" : "FAIL"}`),
  ];
  return `| ${cells.map(cell).join(" | ")} |`;
}

/** A cell is one line, and a bar in it would start the next. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").slice(0, 200);
}

function groups(results: TaskResult[], key: (one: TaskResult) => string): [string, TaskResult[]][] {
  const found = new Map<string, TaskResult[]>();
  for (const one of results) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

function totals(name: string, all: [string, TaskResult[]][]): string[] {
  return [
    `| ${name} | tasks | completed | failed | tokens | cost | time |`,
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...all.map(([key, list]) => {
      const sum = (value: (one: TaskResult) => number) => list.reduce((total, one) => total + value(one), 0);
      const state = (wanted: string) => sum(({ state_name }) => (state_name === wanted ? 1 : 0));
      const tokens = sum(({ tokens_used }) => tokens_used?.total_tokens ?? 0);
      const cost = sum(({ cost_usd }) => cost_usd ?? 0).toFixed(2);
      const time = spell(sum(({ duration_ms }) => duration_ms));
      return `| ${cell(key)} | ${list.length} | ${state("COMPLETED")} | ${state("FAILED")} | ${tokens} | $${cost} | ${time} |`;
    }),
  ];
}
