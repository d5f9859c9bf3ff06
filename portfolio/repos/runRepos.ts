import { join } from "node:path";
import { availableParallelism } from "node:os";
import { atomicWriteJson } from "../files/atomicWrite.ts";
import { PortfolioError } from "../problem.ts";
import type { Job } from "./language.ts";
import { readResults, writeResults, type RunResult } from "./results.ts";
import { hasCommand, runJobs } from "./runJob.ts";
import { collectStatus, type RepoStatus } from "./status.ts";
import { syncRepos } from "./sync.ts";
import type { LastRuns } from "./tables.ts";
import { openWorkspace, pickRepo, saveRepos, type WorkspaceRequest } from "./workspace.ts";
import type { ManagedRepo } from "./managedRepo.ts";

/** Where `repos scan` writes, below the state folder. */
const STATUS_FILE = "repo-status.json";
/** Asking git is mostly waiting for a small process to start: a few at once keep every core busy. */
const QUESTIONS_PER_CORE = 3;

export type ReposRequest = WorkspaceRequest & {
  parallel?: number | undefined;
  signal?: AbortSignal | undefined;
  onDone?: ((repo: string, done: number, total: number) => void) | undefined;
};

export type StatusAnswer = { repos: RepoStatus[]; runs: LastRuns; written: string | null };
export type RoundAnswer = { results: RunResult[]; skipped: string[]; written: string };

/** `drover repos list`: the managed repos; with `save` the found ones are written as config/repos.json. */
export function listRepos(request: ReposRequest & { save?: boolean | undefined }): {
  source: string;
  repos: ManagedRepo[];
  saved: string | null;
} {
  const workspace = openWorkspace(request);
  return {
    source: workspace.source,
    repos: workspace.repos,
    saved: request.save ? saveRepos(workspace) : null,
  };
}

/** `drover repos status` and, with `save`, `repos scan`: git state of all repos beside their last build and test. */
export async function reposStatus(request: ReposRequest & { save?: boolean }): Promise<StatusAnswer> {
  const workspace = openWorkspace(request);
  const total = workspace.repos.length;
  const repos = await collectStatus({
    repos: workspace.repos,
    parallel: parallelOf(request, QUESTIONS_PER_CORE),
    now: () => new Date(),
    onDone: (repo, done) => request.onDone?.(repo, done, total),
  });
  const written = request.save ? join(workspace.stateDir, STATUS_FILE) : null;
  if (written !== null) atomicWriteJson(written, repos);
  const runs = {
    build: readResults(workspace.stateDir, "build"),
    test: readResults(workspace.stateDir, "test"),
  };
  return { repos, runs, written };
}

/** `drover repos build|test`: one repo by name, or with `all` every repo that has a command for the job. */
export async function reposJob(
  request: ReposRequest & { job: Job; repo?: string | undefined; all?: boolean | undefined },
): Promise<RoundAnswer> {
  const { job, repo, all = false } = request;
  const workspace = openWorkspace(request);
  if (all === (repo !== undefined))
    throw new PortfolioError("usage", `name one repo, or pass --all: \`drover repos ${job} <repo>\``);
  const candidates = repo === undefined ? workspace.repos : [pickRepo(workspace, repo)];
  const chosen = all ? candidates.filter((one) => hasCommand(one, job)) : candidates;
  const results = await runJobs({
    job,
    repos: chosen,
    parallel: parallelOf(request),
    signal: request.signal,
    onDone: (name, done) => request.onDone?.(name, done, chosen.length),
  });
  const written = writeResults(workspace.stateDir, job, { results, all });
  const skipped = candidates.filter((one) => !chosen.includes(one)).map((one) => one.name);
  return { results, skipped, written };
}

/** `drover repos sync`: fetch and fast-forward of one repo or of all. */
export async function reposSync(request: ReposRequest & { repo?: string | undefined }): Promise<RoundAnswer> {
  const workspace = openWorkspace(request);
  const chosen = request.repo === undefined ? workspace.repos : [pickRepo(workspace, request.repo)];
  const results = await syncRepos({
    repos: chosen,
    parallel: parallelOf(request, QUESTIONS_PER_CORE),
    signal: request.signal,
    onDone: (name, done) => request.onDone?.(name, done, chosen.length),
  });
  const written = writeResults(workspace.stateDir, "sync", { results, all: request.repo === undefined });
  return { results, skipped: [], written };
}

function parallelOf({ parallel }: ReposRequest, perCore = 1): number {
  if (parallel === undefined) return Math.max(2, availableParallelism() * perCore);
  if (Number.isInteger(parallel) && parallel >= 1) return parallel;
  throw new PortfolioError("usage", "--jobs: expected a whole number of at least 1");
}
