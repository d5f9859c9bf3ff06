import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RunReport } from "../../domain/report/model.ts";
import { CliError, EXIT, usageError } from "../output/errors.ts";
import { readReport, RUNS_FOLDER } from "../taskRun/runFolder.ts";

/** Folders of runs that are looked at for the newest. */
const MAX_LISTED = 1000;

/** The folders of the runs that were started here, newest first. */
export function runFolders(base = process.cwd()): string[] {
  const folder = resolve(base, RUNS_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .reverse()
    .slice(0, MAX_LISTED)
    .map((name) => join(folder, name));
}

/** The folder that a person means: a path, the time stamp of a run started here, or (unnamed) the newest with a report. */
export function runFolderOf(named: string | undefined): string {
  if (named === undefined) {
    const newest = runFolders().find((folder) => existsSync(join(folder, "report.json")));
    if (newest !== undefined) return newest;
    throw usageError(`no run with a report lies below ${resolve(RUNS_FOLDER)}: name one with --run-dir`);
  }
  const places = [resolve(named), resolve(RUNS_FOLDER, named)];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw usageError(
    `there is no run ${JSON.stringify(named)}: expected its folder, or its time stamp below ${RUNS_FOLDER}/`,
  );
}

/** The report of a run. @throws CliError where the run has not ended, or the file is none */
export async function reportOfRun(named: string | undefined): Promise<{ folder: string; report: RunReport }> {
  const folder = runFolderOf(named);
  try {
    const report = await readReport(folder);
    if (report !== null) return { folder, report: completed(report) };
  } catch (error) {
    throw new CliError(
      `${join(folder, "report.json")} is no report: ${(error as Error).message}`,
      EXIT.usage,
    );
  }
  throw new CliError(`${folder} has no report.json yet: the run goes on, or was killed`, EXIT.failed);
}

/** Reports of other writers lack what was added later. */
function completed(report: RunReport): RunReport {
  const names = ["PENDING", "READY", "RUNNING", "COMPLETED", "FAILED", "SKIPPED", "RATE_LIMITED"] as const;
  const old = report as RunReport & { tasks_file?: string };
  const results = Object.fromEntries(
    Object.entries(report.results ?? {}).map(([id, one]) => [
      id,
      {
        ...one,
        state_name: one.state_name ?? names[one.state] ?? "PENDING",
        title: one.title ?? "",
        repo: one.repo ?? "",
        duration_ms: one.duration_ms ?? Math.round((one.duration ?? 0) / 1_000_000),
        attempts: one.attempts ?? [],
      },
    ]),
  );
  const none = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  return {
    ...report,
    tasks_files: report.tasks_files ?? (old.tasks_file === undefined ? [] : [old.tasks_file]),
    total_tokens: report.total_tokens ?? none,
    total_cost_usd: report.total_cost_usd ?? 0,
    total_duration_ms: report.total_duration_ms ?? Math.round(report.total_duration / 1_000_000),
    results,
  };
}
