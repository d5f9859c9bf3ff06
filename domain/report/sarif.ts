import type { Log, Result } from "sarif";
import { type ReportState, type RunReport, sortedResults, type TaskResult } from "./model.ts";

const LEVELS: Partial<Record<ReportState, "error" | "warning">> = {
  FAILED: "error",
  SKIPPED: "warning",
  RATE_LIMITED: "warning",
};

/** The report as SARIF 2.1.0 (test/e2e/sarif.test.ts holds it to the official schema): one result per task that failed, was skipped or limited; rule ids are task ids. */
export function toSarif(report: RunReport, version: string): Log {
  const found = sortedResults(report).filter(({ state_name }) => LEVELS[state_name] !== undefined);
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "drover",
            version,
            rules: found.map(({ task_id, title }) => ({ id: task_id, shortDescription: { text: title } })),
          },
        },
        results: found.map((result, ruleIndex) => sarifResult(result, ruleIndex)),
      },
    ],
  };
}

function sarifResult({ task_id, state_name, error, repo }: TaskResult, ruleIndex: number): Result {
  return {
    ruleId: task_id,
    ruleIndex,
    level: LEVELS[state_name] ?? "none",
    message: { text: error === undefined || error === "" ? state_name : error },
    ...(repo === ""
      ? {}
      : { locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(repo) } } }] }),
  };
}
