import type { Command } from "@commander-js/extra-typings";
import { completeTask, listTasks, startTask } from "../../portfolio/backlog/runTask.ts";
import { renderTable } from "../../portfolio/display/table.ts";
import { openSession } from "../backend/session.ts";
import { commonFlags } from "../commonOptions.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer } from "../output/printAnswer.ts";
import {
  createFor,
  type TaskWithAssignment,
  warnOfOpenAssignment,
  withAssignments,
} from "../portfolio/taskAssignments.ts";

/** `drover task …`: the human backlog in tasks/backlog.md, active.md and completed.md. */
export function register(program: Command): void {
  const task = program.command("task").description("the backlog in tasks/*.md");
  common(task.command("list").description("active tasks and the backlog")).action(async (flags, command) => {
    const rows = await withAssignments(await orCliError(() => listTasks(flags)), commonFlags(command));
    printAnswer(rows, taskTable, flags);
  });
  common(task.command("start").description("move a task from the backlog to the active ones"))
    .argument("<id>", "id of the task, such as task-001")
    .option("--assigned <name>", "who works on it (default: the user of this machine)")
    .option("--create", "also create an assignment for it, which `task list` then shows")
    .action(async (id, { create, ...flags }, command) => {
      const session = create === true ? openSession(command) : null;
      const row = await orCliError(() => startTask({ ...flags, id, today: today() }));
      say(`${id} moved to tasks/active.md`);
      if (session !== null) {
        const { number, created } = await createFor(session, row);
        say(`${created ? "created" : "there already:"} assignment ${number}`);
      }
      printTask(await withAssignments([row], commonFlags(command)), flags);
    });
  common(task.command("complete").description("move an active task to the completed ones"))
    .argument("<id>", "id of the task")
    .action(async (id, flags, command) => {
      const row = await orCliError(() => completeTask({ ...flags, id, today: today() }));
      say(`${id} moved to tasks/completed.md`);
      const [shown = row] = await withAssignments([row], commonFlags(command));
      warnOfOpenAssignment(shown);
      printTask([shown], flags);
    });
}

function printTask([row]: TaskWithAssignment[], flags: Parameters<typeof printAnswer>[2]): void {
  if (row !== undefined) printAnswer(row, (one) => taskTable([one]), flags);
}

/** The assignments have a column only where there are some: most backlogs are kept without a backend. */
function taskTable(rows: readonly TaskWithAssignment[]): string {
  if (rows.length === 0) return "no open tasks: tasks/backlog.md and tasks/active.md list none";
  const linked = rows.some(({ assignment }) => assignment !== undefined);
  const ofRow = ({ assignment }: TaskWithAssignment) =>
    assignment === undefined ? "" : `${assignment.number} ${assignment.status}`;
  return renderTable(
    ["ID", "STATE", ...(linked ? ["ASSIGNMENT"] : []), "PRIORITY", "REPO", "TITLE"],
    rows.map((row) => [
      row.id,
      row.state,
      ...(linked ? [ofRow(row)] : []),
      row.priority,
      row.repo,
      row.title,
    ]),
  );
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function common(command: Command) {
  return command
    .option("--workspace <dir>", "folder that holds tasks/ (default: .)")
    .option("--format <format>", "text or json (default: text; json when stdout is no terminal)")
    .option("--json", "print JSON");
}
