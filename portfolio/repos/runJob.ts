import { isFolder } from "../files/look.ts";
import { linkPromisedLog, newLogFile } from "../process/logFiles.ts";
import { mapParallel } from "../process/parallel.ts";
import { runLogged } from "../process/runLogged.ts";
import { commandFor, showCommand, type Job } from "./language.ts";
import { CANCELED_EXIT_CODE, type RunResult } from "./results.ts";
import type { ManagedRepo } from "./managedRepo.ts";

/** A build or test of one repo that takes longer is ended: Go's own limit for tests is 10 minutes. */
const JOB_TIMEOUT_MS = 15 * 60_000;

export type JobRound = {
  job: Job;
  repos: readonly ManagedRepo[];
  parallel: number;
  signal?: AbortSignal | undefined;
  onDone?: ((repo: string, done: number) => void) | undefined;
};

/** Builds or tests repos, their output in log files only. Every repo gets a result, a missing one a failed one. */
export async function runJobs(round: JobRound): Promise<RunResult[]> {
  let done = 0;
  return mapParallel(round.repos, round.parallel, async (repo) => {
    const result = await runOne(repo, round);
    round.onDone?.(repo.name, ++done);
    return result;
  });
}

/** True when `repos test --all` takes this repo: it has a language of the table, or a command of its own. */
export function hasCommand(repo: ManagedRepo, job: Job): boolean {
  return commandFor(repo, job) !== undefined;
}

async function runOne(repo: ManagedRepo, { job, signal }: JobRound): Promise<RunResult> {
  const now = new Date();
  const command = commandFor(repo, job);
  const blank = {
    repo: repo.name,
    command: command === undefined ? "" : showCommand(command),
    log_file: "",
    exit_code: 1,
    success: false,
    duration_seconds: 0,
    run_at: now.toISOString(),
  };
  if (signal?.aborted)
    return { ...blank, exit_code: CANCELED_EXIT_CODE, detail: "canceled before it started" };
  if (!isFolder(repo.path)) return { ...blank, detail: `missing on disk: expected a folder at ${repo.path}` };
  if (command === undefined) {
    return {
      ...blank,
      detail: `no ${job} command for language "${repo.language}": set commands.${job} in repos.json`,
    };
  }
  const logFile = newLogFile(job, repo.name, now);
  const promised = linkPromisedLog(job, repo.name, logFile);
  const end = await runLogged({ command, cwd: repo.path, logFile, timeoutMs: JOB_TIMEOUT_MS, signal });
  const success = end.kind === "exited" && end.exitCode === 0;
  return {
    ...blank,
    log_file: promised ?? logFile,
    exit_code: end.kind === "canceled" ? CANCELED_EXIT_CODE : end.exitCode,
    success,
    duration_seconds: end.seconds,
    detail: success ? "" : end.reason,
  };
}
