import type { Command } from "@commander-js/extra-typings";
import { completeTask, listTasks, startTask, taskTable } from "../../portfolio/backlog/runTask.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer } from "../output/printAnswer.ts";

/** `drover task …`: the human backlog in tasks/backlog.md, active.md and completed.md. */
export function register(program: Command): void {
  const task = program.command("task").description("the backlog in tasks/*.md");
  common(task.command("list").description("active tasks and the backlog")).action(async (flags) => {
    printAnswer(await orCliError(() => listTasks(flags)), taskTable, flags);
  });
  common(task.command("start").description("move a task from the backlog to the active ones"))
    .argument("<id>", "id of the task, such as task-001")
    .option("--assigned <name>", "who works on it (default: the user of this machine)")
    .action(async (id, flags) => {
      const row = await orCliError(() => startTask({ ...flags, id, today: today() }));
      say(`${id} moved to tasks/active.md`);
      printAnswer(row, (one) => taskTable([one]), flags);
    });
  common(task.command("complete").description("move an active task to the completed ones"))
    .argument("<id>", "id of the task")
    .action(async (id, flags) => {
      const row = await orCliError(() => completeTask({ ...flags, id, today: today() }));
      say(`${id} moved to tasks/completed.md`);
      printAnswer(row, (one) => taskTable([one]), flags);
    });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function common(command: Command) {
  return command
    .option("--workspace <dir>", "folder that holds tasks/ (default: .)")
    .option("--format <format>", "text or json")
    .option("--json", "print JSON");
}
