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
import { queueReport } from "../reports/queueReport.ts";
import { openBackend } from "../backend/client.ts";
import { commonFlags } from "../commonOptions.ts";
import { DEFAULT_NAMESPACE, loadSettings } from "../config/settings.ts";
import { readVersion } from "./version.ts";

const DAYS_A_WEEK = 7;

/** `drover report …`: reports for people and for other programs. */
export function register(program: Command): void {
  const report = program
    .command("report")
    .description(
      "the report of a run (its folder, time stamp or assignment; the newest by default), or of the week",
    );
  report
    .command("run", { isDefault: true })
    .description("print the report of a run")
    .argument("[run]", "folder, time stamp or assignment of the run (default: the newest)")
    .option("--run-dir <dir>", "the same as an option")
    .option("--format <format>", "json, sarif, md, junit or text", "json")
    .action(async (run, { runDir, format }, command) => {
      const write = WRITERS[format];
      if (write === undefined)
        throw usageError(
          `unknown format ${JSON.stringify(format)}: expected ${Object.keys(WRITERS).join(", ")}`,
        );
      const named = run ?? runDir;
      const isNumber = named !== undefined && /^\d+$/.test(named);
      printText(write(isNumber ? await fromQueue(named, command) : (await reportOfRun(named)).report));
    });
  registerWeekly(report);
}

/** A run that was enqueued has no folder here: the queue knows it. */
async function fromQueue(run: string, command: { opts(): unknown }): Promise<RunReport> {
  const settings = loadSettings(commonFlags(command));
  const namespace = settings.namespace ?? DEFAULT_NAMESPACE;
  const report = await queueReport({ backend: openBackend(settings), namespace }, run);
  const ended = report.completed + report.failed + report.skipped;
  if (ended < report.total_tasks) say(`the run goes on: ${ended} of ${report.total_tasks} tasks have ended`);
  return report;
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
