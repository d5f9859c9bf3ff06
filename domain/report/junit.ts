import { type RunReport, sortedResults, type TaskResult } from "./model.ts";

/** The report as JUnit XML: one suite per repo, one case per task. */
export function toJunit(report: RunReport): string {
  const suites = new Map<string, TaskResult[]>();
  for (const result of sortedResults(report)) {
    suites.set(result.repo, [...(suites.get(result.repo) ?? []), result]);
  }
  const lines = [...suites].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([repo, all]) => suite(repo, all));
  const counts = `tests="${report.total_tasks}" failures="${report.failed}" skipped="${report.skipped + report.rate_limited}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="drover" ${counts} time="${seconds(report.total_duration_ms)}">`,
    ...lines,
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(repo: string, all: TaskResult[]): string[] {
  const failures = all.filter(({ state_name }) => state_name === "FAILED").length;
  const time = seconds(all.reduce((sum, { duration_ms }) => sum + duration_ms, 0));
  return [
    `  <testsuite name="${escape(repo)}" tests="${all.length}" failures="${failures}" time="${time}">`,
    ...all.map((result) => `    ${testCase(result)}`),
    "  </testsuite>",
  ];
}

function testCase({ task_id, repo, duration_ms, state_name, error }: TaskResult): string {
  const head = `<testcase name="${escape(task_id)}" classname="${escape(repo)}" time="${seconds(duration_ms)}"`;
  const message = escape(error ?? state_name);
  switch (state_name) {
    case "COMPLETED":
      return `${head}/>`;
    case "FAILED":
      return `${head}><failure message="${message}">${message}</failure></testcase>`;
    case "SKIPPED":
    case "RATE_LIMITED":
    case "PENDING":
    case "READY":
    case "RUNNING":
      return `${head}><skipped message="${message}"/></testcase>`;
    default:
      return state_name satisfies never;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** XML 1.0 has no way to write most control characters, nor half a surrogate pair: they are replaced. */
function escape(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
    .replace(/[&<>"\n]/g, (found) => ENTITIES[found] ?? found);
}
