import { writeFileSync } from "node:fs";
import { git, type GitAnswer } from "../git/hardenedGit.ts";
import { isFolder } from "../files/look.ts";
import { linkPromisedLog, newLogFile } from "../process/logFiles.ts";
import { mapParallel } from "../process/parallel.ts";
import { CANCELED_EXIT_CODE, type RunResult } from "./results.ts";
import type { ManagedRepo } from "./managedRepo.ts";

const COMMAND = "git fetch --prune && git merge --ff-only";

export type SyncRound = {
  repos: readonly ManagedRepo[];
  parallel: number;
  signal?: AbortSignal | undefined;
  onDone?: ((repo: string, done: number) => void) | undefined;
};

/** Fetches every repo and moves its branch forward when that needs no merge. Nothing is pushed, stashed or rewritten. */
export async function syncRepos(round: SyncRound): Promise<RunResult[]> {
  let done = 0;
  return mapParallel(round.repos, round.parallel, async (repo) => {
    const result = await syncOne(repo, round.signal);
    round.onDone?.(repo.name, ++done);
    return result;
  });
}

async function syncOne(repo: ManagedRepo, signal: AbortSignal | undefined): Promise<RunResult> {
  const now = new Date();
  const start = performance.now();
  const blank = {
    repo: repo.name,
    command: COMMAND,
    log_file: "",
    duration_seconds: 0,
    run_at: now.toISOString(),
  };
  const canceled = { exit_code: CANCELED_EXIT_CODE, success: false };
  if (signal?.aborted) return { ...blank, ...canceled, detail: "canceled before it started" };
  if (!isFolder(repo.path)) {
    return {
      ...blank,
      exit_code: 1,
      success: false,
      detail: `missing on disk: expected a folder at ${repo.path}`,
    };
  }
  const logFile = newLogFile("sync", repo.name, now);
  const log: string[] = [];
  const run = async (...args: string[]): Promise<GitAnswer> => {
    const answer = await git(repo.path, args, { sync: true, ...(signal ? { signal } : {}) });
    log.push(`$ git ${args.join(" ")}`, answer.ok ? answer.stdout : answer.output || answer.reason);
    return answer;
  };
  const pulled = await pull(run);
  writeFileSync(logFile, `${log.join("\n")}\n`);
  return {
    ...blank,
    log_file: linkPromisedLog("sync", repo.name, logFile) ?? logFile,
    duration_seconds: Math.round(performance.now() - start) / 1000,
    exit_code: pulled.success ? 0 : 1,
    ...pulled,
    ...(signal?.aborted && !pulled.success ? { ...canceled, detail: "canceled" } : {}),
  };
}

type Run = (...args: string[]) => Promise<GitAnswer>;

async function pull(run: Run): Promise<{ success: boolean; detail: string }> {
  const remotes = await run("remote");
  if (!remotes.ok) return { success: false, detail: remotes.reason };
  if (remotes.stdout.trim() === "") return { success: true, detail: "no remote: nothing to fetch" };
  const fetched = await run("fetch", "--prune", "--no-recurse-submodules");
  if (!fetched.ok) return { success: false, detail: `fetch failed: ${fetched.reason}` };
  const upstream = await run("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}");
  if (!upstream.ok) return { success: true, detail: "fetched; the branch has no upstream" };
  const before = await run("rev-parse", "HEAD");
  const merged = await run("merge", "--ff-only", "@{upstream}");
  if (!merged.ok) return { success: false, detail: `fetched, not moved: ${merged.reason}` };
  const after = await run("rev-parse", "HEAD");
  if (!before.ok || !after.ok || before.stdout === after.stdout)
    return { success: true, detail: "up to date" };
  return { success: true, detail: `moved ${before.stdout.slice(0, 9)} → ${after.stdout.slice(0, 9)}` };
}
