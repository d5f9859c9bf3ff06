import type { Command } from "@commander-js/extra-typings";
import { runScan, SCAN_FORMATS, type ScanFormat } from "../../portfolio/scan/runScan.ts";
import { CliError } from "../output/errors.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printText } from "../output/printText.ts";

/** `drover scan`: audits the repos of a folder. */
export function register(program: Command): void {
  program
    .command("scan")
    .description("audit all repos of a folder: 26 checks in 6 categories, more with --check")
    .option("--repos-dir <dir>", "folder that holds the repos (default: .)")
    .option(
      "--format <format>",
      `${SCAN_FORMATS.join(", ")} (default: text; json when stdout is no terminal)`,
    )
    .option("--filter-repo <name>", "scan only this repo")
    .option("--severity <level>", "keep this level and everything more severe: critical, warning, info")
    .option(
      "--check <categories>",
      "categories to run, comma-separated; extra: node, rust, docker, workflow; all",
      collect,
      [],
    )
    .option("--owner <name>", "owner of the repos in task files (default: from the origin remote)")
    .option("--runner <name>", "default runner of the task file (default: the settings file's, else codex)")
    .option("--config <file>", "settings file with runners and scan.exclude_repos", ".runforge.yml")
    .option("--output <file>", "write to this file instead of stdout")
    .option("--json", "the same as --format json")
    .action(async (flags) => {
      const answer = await orCliError(() =>
        runScan({
          ...flags,
          format: formatOf(flags.json ? "json" : flags.format),
          color: process.stdout.isTTY,
        }),
      );
      answer.talk.forEach(say);
      if (answer.text !== undefined) printText(answer.text);
    });
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

function formatOf(name: string | undefined): ScanFormat {
  if (name === undefined) return process.stdout.isTTY ? "text" : "json";
  const format = SCAN_FORMATS.find((known) => known === name);
  if (format) return format;
  throw new CliError(`unknown format ${JSON.stringify(name)}: expected ${SCAN_FORMATS.join(", ")}`, 2);
}
