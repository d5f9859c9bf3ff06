import type { Command } from "@commander-js/extra-typings";
import { auditText, runAudit } from "../../portfolio/audit/runAudit.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { printAnswer } from "../output/printAnswer.ts";

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
    .option("--fix", "write the narrowed file")
    .option("--output <file>", "with --fix: write here instead of over the input")
    .option("--format <format>", "text or json")
    .option("--json", "print JSON")
    .action(async (file, flags) => {
      const answer = await orCliError(() => runAudit({ ...flags, file }));
      printAnswer(answer, auditText, flags);
    });
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}
