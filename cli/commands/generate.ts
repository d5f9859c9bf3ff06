import type { Command } from "@commander-js/extra-typings";
import { generateText, runGenerate } from "../../portfolio/workOrders/runGenerate.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer } from "../output/printAnswer.ts";

/** `drover generate`: work orders of all repos to one task file. */
export function register(program: Command): void {
  program
    .command("generate")
    .description("turn the open work orders (docs/work-orders.md) of all repos into a task file")
    .option("--repos-dir <dir>", "folder that holds the repos (default: .)")
    .option("--config <file>", "settings file whose runner profiles go into the task file", ".runforge.yml")
    .option("--output <file>", "task file to write (default: <repos-dir>/runforge-tasks.json)")
    .option("--owner <name>", "owner of the repos (default: from the origin remote)")
    .option("--runner <name>", "default runner (default: the settings file's, else codex)")
    .option("--filter-repo <name>", "only this repo")
    .option("--check", "write nothing; say what would be written, what is skipped, and why")
    .option("--format <format>", "text or json (default: text; json when stdout is no terminal)")
    .option("--json", "print JSON")
    .action(async (flags) => {
      const answer = await orCliError(() => runGenerate(flags));
      if (answer.guessed_owners.length > 0) {
        say(`no origin remote in ${answer.guessed_owners.join(", ")}: took the owner of the other repos`);
      }
      printAnswer(answer, generateText, flags);
    });
}
