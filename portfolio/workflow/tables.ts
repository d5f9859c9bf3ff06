import { clean } from "../../domain/clean.ts";
import { renderTable } from "../display/table.ts";
import type { WorkflowAnswer } from "./runWorkflow.ts";
import type { Workflow } from "./workflows.ts";

/** The table of `drover workflow list`. */
export function workflowTable(workflows: readonly Workflow[]): string {
  return renderTable(
    ["WORKFLOW", "STEPS", "DESCRIPTION"],
    workflows.map((one) => [one.name, String(one.steps.length), one.description]),
  );
}

/** The steps of one run, its output when that is short, and the log file. */
export function workflowRunText(answer: WorkflowAnswer): string {
  const rows = answer.steps.map((step) => [step.state, step.action, step.text, step.detail]);
  const output = answer.output === "" ? [] : ["", ...answer.output.split("\n").map(clean)];
  const hasFailed = answer.steps.some((step) => step.state === "failed");
  const end = answer.success ? "done" : hasFailed ? "failed" : "no step applied: nothing was run";
  return [
    renderTable(["STATE", "ACTION", "TEXT", "DETAIL"], rows),
    ...output,
    "",
    `${end} in ${answer.duration_seconds.toFixed(1)} s; log: ${answer.log_file}`,
  ].join("\n");
}
