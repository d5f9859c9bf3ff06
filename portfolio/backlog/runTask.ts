import { appendFileSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { atomicWrite } from "../files/atomicWrite.ts";
import { withFolderLock } from "../files/lockFolder.ts";
import { expandPath } from "../files/paths.ts";
import { readBounded } from "../files/readBounded.ts";
import { PortfolioError } from "../problem.ts";
import { parseTaskList, withFields, withoutTask, type ListedTask } from "./parse.ts";

/** Completed tasks pile up for years: their list may grow far beyond a normal text. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const TITLES = { backlog: "# Backlog", active: "# Active tasks", completed: "# Completed tasks" } as const;

type ListName = keyof typeof TITLES;
export type TaskRow = {
  id: string;
  title: string;
  state: ListName;
  repo: string;
  priority: string;
  fields: Record<string, string>;
};
export type TaskRequest = { workspace?: string | undefined };

/** `drover task list`: active tasks, then the backlog. A task that a kill left in two lists counts as the further one. */
export function listTasks(request: TaskRequest): TaskRow[] {
  const done = new Set(readList(request, "completed").tasks.map((task) => task.id));
  const active = readList(request, "active").tasks.filter((task) => !done.has(task.id));
  const activeIds = new Set(active.map((task) => task.id));
  const backlog = readList(request, "backlog").tasks.filter(
    (task) => !done.has(task.id) && !activeIds.has(task.id),
  );
  return [...active.map((task) => toRow(task, "active")), ...backlog.map((task) => toRow(task, "backlog"))];
}

/** The completed tasks with their rows, oldest first. */
export function listCompleted(request: TaskRequest): TaskRow[] {
  return readList(request, "completed").tasks.map((task) => toRow(task, "completed"));
}

/** `drover task start <id>`: moves it from tasks/backlog.md to tasks/active.md, with the day and who has it. */
export async function startTask(
  request: TaskRequest & { id: string; assigned?: string | undefined; today: string },
): Promise<TaskRow> {
  const assigned = request.assigned ?? userInfo().username;
  return move(request, { from: "backlog", to: "active", fields: { assigned, started: request.today } });
}

/** `drover task complete <id>`: moves it from tasks/active.md to the end of tasks/completed.md, with the day. */
export async function completeTask(request: TaskRequest & { id: string; today: string }): Promise<TaskRow> {
  return move(request, { from: "active", to: "completed", fields: { completed: request.today } });
}

type Move = { from: ListName; to: ListName; fields: Record<string, string> };

/**
 * First into the new list, then out of the old one: a kill in between leaves the task in both, never in none, and
 * the same command typed again finishes the move.
 */
function move(request: TaskRequest & { id: string }, { from, to, fields }: Move): Promise<TaskRow> {
  return withFolderLock(folderOf(request), () => {
    const source = readList(request, from);
    const target = readList(request, to);
    const task = source.tasks.find((one) => one.id === request.id);
    if (!task)
      throw new PortfolioError(
        "usage",
        notThere(
          request,
          from,
          target.tasks.map((one) => one.id),
        ),
      );
    const arrived = target.tasks.find((one) => one.id === request.id);
    const block = withFields(task, fields);
    if (!arrived) append(target, to, block);
    atomicWrite(source.path, withoutTask(source.text, task));
    return toRow(arrived ?? parseTaskList(block.join("\n"))[0] ?? task, to);
  });
}

/** Appending, not rewriting: completed.md is a history that nobody's editor or crash may shorten. */
function append(list: TaskList, name: ListName, block: string[]): void {
  mkdirSync(join(list.path, ".."), { recursive: true });
  const head =
    list.text === ""
      ? `${TITLES[name]}\n\n`
      : list.text.endsWith("\n\n")
        ? ""
        : list.text.endsWith("\n")
          ? "\n"
          : "\n\n";
  appendFileSync(list.path, `${head}${block.join("\n")}\n`);
}

type TaskList = { path: string; text: string; tasks: ListedTask[] };

function readList(request: TaskRequest, name: ListName): TaskList {
  const path = join(folderOf(request), `${name}.md`);
  const read = readBounded(path, MAX_LIST_BYTES);
  if (read.kind === "too_large" || read.kind === "unreadable")
    throw new PortfolioError("usage", `${path}: expected a readable Markdown file`);
  const text = read.kind === "text" ? read.text : "";
  return { path, text, tasks: parseTaskList(text) };
}

function folderOf(request: TaskRequest): string {
  return join(expandPath(request.workspace ?? "."), "tasks");
}

function toRow(task: ListedTask, state: ListName): TaskRow {
  const { repo = "", priority = "" } = task.fields;
  return { id: task.id, title: task.title, state, repo, priority, fields: task.fields };
}

function notThere(request: TaskRequest & { id: string }, from: ListName, further: string[]): string {
  if (further.includes(request.id))
    return `task ${request.id} is not in tasks/${from}.md any more: it was moved on already`;
  const ids = readList(request, from)
    .tasks.map((task) => task.id)
    .join(", ");
  const waits =
    from === "active" && readList(request, "backlog").tasks.some((task) => task.id === request.id);
  if (waits)
    return `task ${request.id} is still in tasks/backlog.md: \`drover task start ${request.id}\` first`;
  const what = ids === "" ? "the list is empty" : `expected one of ${ids}`;
  return `no task ${JSON.stringify(request.id)} in tasks/${from}.md: ${what}`;
}
