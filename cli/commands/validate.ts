import type { Command } from "@commander-js/extra-typings";
import { runValidate, validateText } from "../../portfolio/validate/runValidate.ts";
import { CliError } from "../output/errors.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer } from "../output/printAnswer.ts";

/** `drover validate`: checks task files without running anything. */
export function register(program: Command): void {
  program
    .command("validate")
    .description("check task files: ids, repos, prompts, runners, dependencies, cycles")
    .argument("[files...]", "task files or patterns")
    .option("--tasks <file>", "task file or pattern, repeatable (default: runforge.json)", collect, [])
    .option("--repos-dir <dir>", "check also that the repos exist in this folder")
    .option("--config <file>", "settings file whose runner profiles count as known", ".runforge.yml")
    .option("--format <format>", "text or json (default: text; json when stdout is no terminal)")
    .option("--json", "print JSON")
    .action(async (files, flags) => {
      const answer = await orCliError(() => runValidate({ ...flags, tasks: [...files, ...flags.tasks] }));
      answer.warnings.forEach((text) => say(`warning: ${text}`));
      printAnswer(answer, validateText, flags);
      if (!answer.valid) throw new CliError(`invalid task file: ${answer.problems.length} problems`, 2);
    });
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}
