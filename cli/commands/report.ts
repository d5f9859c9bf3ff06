import type { Command } from "@commander-js/extra-typings";
import { toJunit } from "../../domain/report/junit.ts";
import { toMarkdown } from "../../domain/report/markdown.ts";
import type { RunReport } from "../../domain/report/model.ts";
import { toSarif } from "../../domain/report/sarif.ts";
import { toText } from "../../domain/report/text.ts";
import { weeklyReport } from "../../portfolio/report/weekly.ts";
import { usageError } from "../output/errors.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer } from "../output/printAnswer.ts";
import { printText } from "../output/printText.ts";
import { reportOfRun } from "../reports/findRun.ts";
import { readVersion } from "./version.ts";

const DAYS_A_WEEK = 7;

/** `drover report …`: reports for people and for other programs. */
export function register(program: Command): void {
  const report = program
    .command("report")
    .description("the report of a run (its folder or time stamp; the newest by default), or of the week");
  report
    .command("run", { isDefault: true })
    .description("print the report of a run")
    .argument("[run]", "folder or time stamp of the run (default: the newest)")
    .option("--run-dir <dir>", "the same as an option")
    .option("--format <format>", "json, sarif, md, junit or text", "json")
    .action(async (run, { runDir, format }) => {
      const write = WRITERS[format];
      if (write === undefined)
        throw usageError(
          `unknown format ${JSON.stringify(format)}: expected ${Object.keys(WRITERS).join(", ")}`,
        );
      printText(write((await reportOfRun(run ?? runDir)).report));
    });
  registerWeekly(report);
}

const WRITERS: Readonly<Record<string, (report: RunReport) => string>> = {
  json: (report) => JSON.stringify(report, null, 2),
  sarif: (report) => JSON.stringify(toSarif(report, readVersion().version), null, 2),
  md: toMarkdown,
  junit: toJunit,
  text: toText,
};

function registerWeekly(report: Command): void {
  report
    .command("weekly")
    .description("repos, tasks and tests of the week, from reports/templates/weekly-status.md")
    .option("--workspace <dir>", "folder with tasks/, state/ and reports/ (default: .)")
    .option("--repos-dir <dir>", "show the last scan and tests of the repos in this folder")
    .option("--notes <text>", "free notes for the report")
    .option("--days <n>", "length of the period", Number, DAYS_A_WEEK)
    .option("--output <file>", "write here (default: reports/weekly-status-<date>.md)")
    .option("--format <format>", "text (the Markdown itself) or json")
    .option("--json", "print JSON")
    .action(async (flags) => {
      const today = new Date().toISOString().slice(0, 10);
      const answer = await orCliError(() => weeklyReport({ ...flags, today }));
      say(`wrote ${answer.file}`);
      printAnswer(answer, (one) => one.text, flags);
    });
}
