import type { Command } from "@commander-js/extra-typings";
import { weeklyReport } from "../../portfolio/report/weekly.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer } from "../output/printAnswer.ts";

const DAYS_A_WEEK = 7;

/** `drover report …`: reports for people. */
export function register(program: Command): void {
  program
    .command("report")
    .description("reports from templates")
    .command("weekly")
    .description("repos, tasks and tests of the week, from reports/templates/weekly-status.md")
    .option("--workspace <dir>", "folder with tasks/, state/ and reports/ (default: .)")
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
