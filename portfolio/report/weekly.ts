import { join } from "node:path";
import * as z from "zod";
import { listCompleted, listTasks, type TaskRow } from "../backlog/runTask.ts";
import { clean } from "../../domain/clean.ts";
import { fillPlaceholders } from "../display/fill.ts";
import { atomicWrite } from "../files/atomicWrite.ts";
import { expandPath } from "../files/paths.ts";
import { readTextOrNothing } from "../files/readBounded.ts";
import { shippedTemplates } from "../files/templates.ts";
import { PortfolioError } from "../problem.ts";
import { stateDirOf } from "../repos/workspace.ts";
import { readResults, type RunResult } from "../repos/results.ts";

/** Where a workspace may keep its own template. */
const OWN_TEMPLATE = "reports/templates/weekly-status.md";
const DAY_MS = 24 * 60 * 60_000;

const statusSchema = z.array(
  z.looseObject({
    name: z.string(),
    exists: z.boolean(),
    branch: z.string().catch(""),
    clean: z.boolean().catch(false),
    modified_files: z.number().catch(0),
    untracked_files: z.number().catch(0),
    ahead: z.number().catch(0),
    behind: z.number().catch(0),
    last_commit: z.string().catch(""),
    error: z.string().catch(""),
  }),
);
type Status = z.output<typeof statusSchema>[number];

export type WeeklyRequest = {
  workspace?: string | undefined;
  /** As for `repos scan --repos-dir`: whose results are shown. */
  reposDir?: string | undefined;
  notes?: string | undefined;
  output?: string | undefined;
  /** The reporting period in days, up to and with `today` (YYYY-MM-DD). */
  days: number;
  today: string;
};

/**
 * `drover report weekly`: fills the template from the last `repos scan`, the task lists and the last test run, and
 * writes it to `reports/weekly-status-<date>.md` or `output`. What was never run reads "(none)".
 */
export function weeklyReport(request: WeeklyRequest): { file: string; text: string } {
  if (!Number.isInteger(request.days) || request.days < 1)
    throw new PortfolioError("usage", "--days: expected a whole number of at least 1");
  const root = expandPath(request.workspace ?? ".");
  const state = stateDirOf(request);
  const shipped = join(shippedTemplates("reports"), "weekly-status.md");
  const template = readTextOrNothing(join(root, OWN_TEMPLATE)) ?? readTextOrNothing(shipped) ?? "";
  const text = fillPlaceholders(template, {
    date: request.today,
    repo_statuses: statusSection(readStatuses(join(state, "repo-status.json"))),
    active_tasks: taskSection(
      listTasks(request).filter((task) => task.state === "active"),
      "started",
    ),
    completed_tasks: taskSection(
      listCompleted(request).filter((task) => isInPeriod(task, request)),
      "completed",
    ),
    test_results: testSection(readResults(state, "test")),
    notes: request.notes ?? "",
  });
  const file =
    request.output === undefined
      ? join(root, "reports", `weekly-status-${request.today}.md`)
      : expandPath(request.output);
  atomicWrite(file, text);
  return { file, text };
}

function readStatuses(path: string): Status[] {
  try {
    const parsed = statusSchema.safeParse(JSON.parse(readTextOrNothing(path) ?? "[]"));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}

function statusSection(statuses: Status[]): string {
  return markdownTable(
    ["Repo", "Branch", "State", "Ahead/behind", "Last commit"],
    statuses.map((one) => [
      one.name,
      one.branch,
      stateOf(one),
      `${one.ahead}/${one.behind}`,
      one.last_commit,
    ]),
  );
}

function stateOf(status: Status): string {
  if (!status.exists) return "MISSING";
  if (status.error !== "") return `error: ${status.error}`;
  return status.clean ? "clean" : `${status.modified_files}M/${status.untracked_files}U`;
}

function taskSection(tasks: TaskRow[], day: "started" | "completed"): string {
  return tasks
    .map(
      (task) =>
        `- [${clean(task.id)}] ${clean(task.title)} (${clean(task.repo || "no repo")}, ${day} ${clean(task.fields[day] ?? "?")})`,
    )
    .join("\n");
}

function testSection(results: RunResult[]): string {
  if (results.length === 0) return "";
  const passed = results.filter((result) => result.success).length;
  const table = markdownTable(
    ["Repo", "Result", "Seconds", "Run at"],
    results.map((one) => [
      one.repo,
      one.success ? "pass" : `FAIL (${one.detail || `exit ${one.exit_code}`})`,
      one.duration_seconds.toFixed(1),
      one.run_at,
    ]),
  );
  return `${passed} passed, ${results.length - passed} failed\n\n${table}`;
}

function isInPeriod(task: TaskRow, { days, today }: WeeklyRequest): boolean {
  const day = Date.parse(task.fields["completed"] ?? "");
  const end = Date.parse(today);
  return day <= end && day > end - days * DAY_MS;
}

function markdownTable(header: string[], rows: string[][]): string {
  if (rows.length === 0) return "";
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => clean(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
