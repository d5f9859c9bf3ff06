import type { Command } from "@commander-js/extra-typings";
import { auditText, runAudit } from "../../portfolio/audit/runAudit.ts";
import { askIfThere } from "../backend/ifThere.ts";
import { commonFlags } from "../commonOptions.ts";
import type { CommonFlags } from "../config/settings.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { printAnswer } from "../output/printAnswer.ts";
import { completedTasks } from "../portfolio/completedTasks.ts";

/** `drover audit`: drops what is done from a task file, narrows what is half done. */
export function register(program: Command): void {
  program
    .command("audit")
    .description("find what is already done in a task file, with evidence; --fix writes the narrowed file")
    .argument("<file>", "task file")
    .option("--repos-dir <dir>", "folder that holds the repos (default: .)")
    .option("--config <file>", "settings file with runner profiles", ".runforge.yml")
    .option(
      "--completed <report>",
      "report.json or run folder whose complete jobs count as done, repeatable",
      collect,
      [],
    )
    .option("--no-backend", "do not ask the queue which of the tasks are complete")
    .option("--fix", "write the narrowed file")
    .option("--output <file>", "with --fix: write here instead of over the input")
    .option("--format <format>", "text or json (default: text; json when stdout is no terminal)")
    .option("--json", "print JSON")
    .action(async (file, { backend, ...flags }, command) => {
      const common = queueFlags(commonFlags(command));
      const ask = async (ids: string[]) =>
        (await askIfThere(common, (there) => completedTasks(there, ids))) ?? [];
      const completed = backend ? { completedTasks: ask } : {};
      const answer = await orCliError(() => runAudit({ ...flags, ...completed, file }));
      printAnswer(answer, auditText, flags);
    });
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

/** `--config` of this command names the task settings; the queue's are looked for as always. */
function queueFlags({ config: _taskSettings, ...others }: CommonFlags): CommonFlags {
  return others;
}
