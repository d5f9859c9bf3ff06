import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fillPlaceholders } from "../display/fill.ts";
import { isFolder } from "../files/look.ts";
import { expandPath, expandVariables } from "../files/paths.ts";
import { readTextOrNothing } from "../files/readBounded.ts";
import { newLogFile } from "../process/logFiles.ts";
import { runLogged } from "../process/runLogged.ts";
import { PortfolioError } from "../problem.ts";
import { openWorkspace, pickRepo, type WorkspaceRequest } from "../repos/workspace.ts";
import type { ManagedRepo } from "../repos/managedRepo.ts";
import { evaluateCondition } from "./expression.ts";
import { fillCommand } from "./fillCommand.ts";
import { readWorkflows, type Workflow, type WorkflowStep } from "./workflows.ts";

/** One step that takes longer is ended, and the workflow with it. */
const STEP_TIMEOUT_MS = 15 * 60_000;
/** Output up to this many lines is shown with the answer; longer output stays in the log file. */
const SHOWN_LINES = 20;

export type StepResult = {
  action: "cd" | "run";
  text: string;
  state: "done" | "skipped" | "failed";
  exit_code: number;
  detail: string;
};
export type WorkflowAnswer = {
  workflow: string;
  repo: string;
  success: boolean;
  steps: StepResult[];
  log_file: string;
  duration_seconds: number;
  run_at: string;
  /** The whole output when it is short, else empty. */
  output: string;
};
export type WorkflowRequest = WorkspaceRequest & {
  name: string;
  repo: string;
  signal?: AbortSignal | undefined;
};

/** `drover workflow list`. */
export function listWorkflows(request: WorkspaceRequest): Workflow[] {
  return readWorkflows(expandPath(request.workspace ?? "."));
}

/** `drover workflow run <name> <repo>`: the steps in order, up to the first that fails. */
export async function runWorkflow(request: WorkflowRequest): Promise<WorkflowAnswer> {
  const workspace = openWorkspace(request);
  const all = readWorkflows(workspace.root);
  const workflow = all.find((one) => one.name === request.name);
  if (!workflow) {
    throw new PortfolioError(
      "usage",
      `unknown workflow ${JSON.stringify(request.name)}: expected one of ${all.map((one) => one.name).join(", ")}`,
    );
  }
  const repo = pickRepo(workspace, request.repo);
  if (!isFolder(repo.path))
    throw new PortfolioError(
      "failed",
      `repo ${repo.name} is missing on disk: expected a folder at ${repo.path}`,
    );
  const names = namesOf(repo);
  const steps = prepare(workflow, names);
  const now = new Date();
  const logFile =
    workflow.logFile === undefined
      ? newLogFile(`workflow-${workflow.name}`, repo.name, now)
      : ownLog(workflow.logFile, names, workspace.root);
  const start = performance.now();
  const results = await runSteps(steps, { cwd: workspace.root, logFile, signal: request.signal });
  const ran = results.filter((step) => step.action === "run");
  const log = (readTextOrNothing(logFile) ?? "").trimEnd();
  return {
    workflow: workflow.name,
    repo: repo.name,
    success: results.every((step) => step.state !== "failed") && ran.some((step) => step.state === "done"),
    steps: results,
    log_file: logFile,
    duration_seconds: Math.round(performance.now() - start) / 1000,
    run_at: now.toISOString(),
    output: log.split("\n").length <= SHOWN_LINES ? log : "",
  };
}

type Prepared = { step: WorkflowStep; text: string; wanted: boolean; env?: Record<string, string> };

/** Every condition and placeholder is resolved before the first command starts: a typo must not stop half-way. */
function prepare(workflow: Workflow, names: Record<string, string>): Prepared[] {
  return workflow.steps.map((step, index) => {
    const at = `workflow ${workflow.name}, step ${index + 1}`;
    const condition = step.condition
      ? evaluateCondition(step.condition, names)
      : ({ ok: true, value: true } as const);
    if (!condition.ok) throw new PortfolioError("usage", `${at}: ${condition.message}`);
    // A folder is no shell text: `~` and variables of the file are expanded, values go in as they are.
    if (step.action === "cd") {
      return { step, text: fillPlaceholders(expandVariables(step.target), names), wanted: condition.value };
    }
    const filled = fillCommand(step.command, names);
    if (!filled.ok)
      throw new PortfolioError(
        "usage",
        `${at}: unknown placeholder {{${filled.unknown}}}: expected one of ${Object.keys(names).join(", ")}`,
      );
    return { step, text: filled.command, env: filled.env, wanted: condition.value };
  });
}

type Place = { cwd: string; logFile: string; signal: AbortSignal | undefined };

async function runSteps(steps: Prepared[], place: Place): Promise<StepResult[]> {
  writeFileSync(place.logFile, "");
  const results: StepResult[] = [];
  let cwd = place.cwd;
  for (const prepared of steps) {
    const { step, text, wanted } = prepared;
    if (wanted && step.action === "cd") cwd = resolve(cwd, text);
    const outcome = wanted ? await runStep(prepared, { ...place, cwd }) : notWanted(step);
    results.push({ action: step.action, text, ...outcome });
    if (outcome.state === "failed") break;
  }
  return results;
}

type Outcome = Pick<StepResult, "state" | "exit_code" | "detail">;

function notWanted(step: WorkflowStep): Outcome {
  return { state: "skipped", exit_code: 0, detail: `condition is false: ${step.condition ?? ""}` };
}

async function runStep(
  { step, text, env = {} }: Prepared,
  { cwd, logFile, signal }: Place,
): Promise<Outcome> {
  if (step.action === "cd") {
    if (isFolder(cwd)) return { state: "done", exit_code: 0, detail: "" };
    return { state: "failed", exit_code: 1, detail: `no folder at ${cwd}` };
  }
  const timeoutMs = STEP_TIMEOUT_MS;
  const end = await runLogged({ command: text, cwd, logFile, append: true, env, timeoutMs, signal });
  const isDone = end.kind === "exited" && end.exitCode === 0;
  return { state: isDone ? "done" : "failed", exit_code: end.exitCode, detail: end.reason };
}

function ownLog(template: string, names: Record<string, string>, root: string): string {
  const path = expandPath(fillPlaceholders(template, names), root);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

function namesOf(repo: ManagedRepo): Record<string, string> {
  return {
    "repo.name": repo.name,
    "repo.local": repo.path,
    "repo.default_branch": repo.defaultBranch,
    "repo.language": repo.language,
    "repo.platform": repo.platform,
    "repo.remote": repo.remote,
  };
}
