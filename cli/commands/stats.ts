import { writeFileSync } from "node:fs";
import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { usageError } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { printText } from "../output/printText.ts";
import { table } from "../output/table.ts";
import { duration } from "../output/time.ts";
import { chosenMetrics, profileStats, type ProfileStats, toCsv } from "../reports/stats.ts";
import { goDuration } from "../taskRun/duration.ts";
import { readMetrics } from "../taskRun/metrics.ts";

/** `drover stats` and `drover export`: the history of this machine's runs. */
export function register(program: Command): void {
  program
    .command("stats")
    .description("What each profile has done: success rate, time, tokens, cost, fallbacks, limits.")
    .option("--runner <profile>", "only this profile")
    .option("--since <when>", "a date like 2026-02-01, or a length of time like 7d")
    .action((options, command) => {
      const metrics = chosenMetrics(readMetrics(), { runner: options.runner, since: timeOf(options.since) });
      printData(profileStats(metrics), statsText, commonFlags(command));
    });
  program
    .command("export")
    .description("Write the history of tasks as CSV or JSON.")
    .option("--format <format>", "csv or json", "csv")
    .option("--runner <profile>", "only this profile")
    .option("--since <when>", "a date, or a length of time like 7d")
    .option("--until <when>", "a date, or a length of time like 7d")
    .option("-o, --output <file>", "write here (default: stdout)")
    .action(({ format, runner, since, until, output }) => {
      if (format !== "csv" && format !== "json")
        throw usageError(`unknown format ${JSON.stringify(format)}: expected csv or json`);
      const metrics = chosenMetrics(readMetrics(), { runner, since: timeOf(since), until: timeOf(until) });
      const text = format === "csv" ? toCsv(metrics) : JSON.stringify(metrics, null, 2);
      if (output === undefined) return printText(text);
      writeFileSync(output, `${text}\n`);
      say(`wrote ${metrics.length} tasks to ${output}`);
    });
}

function statsText(all: ProfileStats[]): string {
  if (all.length === 0) return "no runs yet";
  const head = ["profile", "tasks", "ok", "fallbacks", "limited", "mean", "tokens", "cost"];
  return table([
    head,
    ...all.map((one) => [
      ...[
        one.profile,
        String(one.tasks),
        `${Math.round(one.success_rate * 100)}%`,
        String(one.fallbacks),
        String(one.limited),
      ],
      ...[duration(one.mean_ms), String(one.tokens), `$${one.cost_usd.toFixed(2)}`],
    ]),
  ]);
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const date = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date)) return date;
  const ago = goDuration(text);
  if (ago !== null) return Date.now() - ago;
  throw usageError(
    `--since and --until must be a date like 2026-02-01, or a length of time like 12h or 30d, got ${JSON.stringify(text)}`,
  );
}
