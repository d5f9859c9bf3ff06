import type { Command } from "@commander-js/extra-typings";
import type { ReviewResult } from "../../domain/report/model.ts";
import { commonFlags } from "../commonOptions.ts";
import { withInterrupt } from "../interrupt.ts";
import { EXIT } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { reviewCall } from "../review/reviewCall.ts";
import { reviewRun } from "../review/reviewRun.ts";
import { readSettings } from "./run.ts";

export function register(program: Command): void {
  program
    .command("review")
    .description(
      "Have the results of a run, or of one job, reviewed by a profile that did not do the work. Exit code 1 when a review says FAIL.",
    )
    .argument(
      "[work]",
      "folder, time stamp or assignment of a run, or a job like 12.3 (default: the newest run)",
    )
    .option("--run-dir <dir>", "folder of the run")
    .option("--runner <profile>", "the reviewer (default: the one of the task file, else codex or claude)")
    .option("--fallback-only", "only what a fallback has done (default: as the task file says)")
    .option("--no-fallback-only", "everything that completed")
    .option("--again", "also what has a review already")
    .option("--workers <n>", "reviews at once (default: 2)")
    .option("--repos-dir <dir>", "folder with the repos (default: that of the run)")
    .option("--config <file>", "settings: .runforge.yml (default), or Drover's own config.json")
    .option("--max-runtime <time>", "longest time of one review (default: 30m)")
    .option("--local", "run the reviews in this process, whoever else could")
    .action(async (work, { runDir, ...flags }, command) => {
      const given = readSettings(command, flags.reposDir);
      const call = await reviewCall(runDir ?? work, flags, given);
      const { reviews, exitCode } = await withInterrupt((interrupt) => reviewRun({ ...call, interrupt }));
      printData(reviews, reviewsText, commonFlags(command));
      if (exitCode !== EXIT.ok) process.exitCode = exitCode;
    });
}

function reviewsText(reviews: Record<string, ReviewResult>): string {
  const lines = Object.entries(reviews)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { runner, passed, summary, error }]) => {
      const verdict = error === undefined ? (passed ? "PASS" : "FAIL") : "none";
      return `${verdict}  ${id}  [${runner}]  ${(error ?? summary).split("\n", 1)[0] ?? ""}`.trimEnd();
    });
  return lines.length === 0 ? "nothing to review" : lines.join("\n");
}
