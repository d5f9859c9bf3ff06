import { join } from "node:path";
import { entryAt, whyClosed } from "../files/look.ts";
import { findGitFolder, type GitFolder } from "../git/gitFolder.ts";
import { git } from "../git/hardenedGit.ts";
import { mapParallel } from "../process/parallel.ts";
import type { ManagedRepo } from "./managedRepo.ts";

/** One repo's git state; the first twelve fields are what readers of repo-status.json know. */
export type RepoStatus = {
  name: string;
  path: string;
  exists: boolean;
  branch: string;
  clean: boolean;
  modified_files: number;
  untracked_files: number;
  ahead: number;
  behind: number;
  last_commit: string;
  error: string;
  scanned_at: string;
  upstream: string;
  last_commit_at: string;
  /** What is unusual about the repo: "bare", "worktree or submodule", "shallow", "detached". */
  kinds: string[];
};

export type StatusRequest = {
  repos: readonly ManagedRepo[];
  /** Repos asked at once. */
  parallel: number;
  now: () => Date;
  onDone?: (repo: string, done: number) => void;
};

/** The git state of all repos, in their order. A repo that cannot be asked has an `error`; nothing of it is executed. */
export async function collectStatus(request: StatusRequest): Promise<RepoStatus[]> {
  let done = 0;
  return mapParallel(request.repos, request.parallel, async (repo) => {
    const status = await statusOf(repo, request.now());
    request.onDone?.(repo.name, ++done);
    return status;
  });
}

async function statusOf(repo: ManagedRepo, now: Date): Promise<RepoStatus> {
  const blank: RepoStatus = {
    name: repo.name,
    path: repo.path,
    exists: false,
    branch: "",
    clean: false,
    modified_files: 0,
    untracked_files: 0,
    ahead: 0,
    behind: 0,
    last_commit: "",
    error: "",
    scanned_at: now.toISOString(),
    upstream: "",
    last_commit_at: "",
    kinds: [],
  };
  const closed = whyClosed(join(repo.path, ".git"));
  if (closed !== undefined) return { ...blank, exists: true, error: `folder cannot be read: ${closed}` };
  if (!entryAt(repo.path)) return { ...blank, error: "not found on disk" };
  const folder = findGitFolder(repo.path);
  if (!folder) return { ...blank, exists: true, error: whyNone(repo.path) };
  const base = { ...blank, exists: true, kinds: kindsOf(folder) };
  const tree = folder.kind === "bare" ? await bareState(repo.path) : await treeState(repo.path);
  if ("error" in tree) return { ...base, error: tree.error };
  const kinds = tree.branch === "(detached)" ? [...base.kinds, "detached"] : base.kinds;
  return { ...base, ...tree, kinds, ...(await lastCommit(repo.path, tree.hasCommits)) };
}

function whyNone(dir: string): string {
  const isLink = entryAt(join(dir, ".git"))?.isSymbolicLink() === true;
  return isLink ? ".git is a symbolic link: not followed" : "not a git repository";
}

type TreeState = Pick<
  RepoStatus,
  "branch" | "upstream" | "ahead" | "behind" | "modified_files" | "untracked_files" | "clean"
>;

async function treeState(dir: string): Promise<(TreeState & { hasCommits: boolean }) | { error: string }> {
  // "dirty" would start one git per submodule, each under the submodule's own configuration.
  const args = [
    "status",
    "--porcelain=v2",
    "--branch",
    "-z",
    "--untracked-files=normal",
    "--ignore-submodules=dirty",
  ];
  const answer = await git(dir, args);
  return answer.ok ? parseStatus(answer.stdout) : { error: answer.reason };
}

/** Reads `git status --porcelain=v2 --branch -z`. A renamed file takes two records: the second is its old path. */
export function parseStatus(output: string): TreeState & { hasCommits: boolean } {
  const state = {
    branch: "",
    upstream: "",
    ahead: 0,
    behind: 0,
    modified_files: 0,
    untracked_files: 0,
    hasCommits: true,
  };
  const records = output.split("\0");
  for (let index = 0; index < records.length; index++) {
    const record = records[index] ?? "";
    const header = /^# branch\.(\w+) (.*)$/s.exec(record);
    if (header) readHeader(state, header[1] ?? "", header[2] ?? "");
    else if (/^[1u] /.test(record)) state.modified_files++;
    else if (record.startsWith("2 ")) {
      state.modified_files++;
      index++;
    } else if (record.startsWith("? ")) state.untracked_files++;
  }
  const { hasCommits, ...rest } = state;
  return { ...rest, clean: state.modified_files + state.untracked_files === 0, hasCommits };
}

function readHeader(
  state: { branch: string; upstream: string; ahead: number; behind: number; hasCommits: boolean },
  key: string,
  value: string,
): void {
  if (key === "head") state.branch = value;
  else if (key === "upstream") state.upstream = value;
  else if (key === "oid") state.hasCommits = value !== "(initial)";
  else if (key === "ab") {
    const [, ahead = "0", behind = "0"] = /^\+(\d+) -(\d+)$/.exec(value) ?? [];
    state.ahead = Number(ahead);
    state.behind = Number(behind);
  }
}

async function bareState(dir: string): Promise<(TreeState & { hasCommits: boolean }) | { error: string }> {
  const head = await git(dir, ["symbolic-ref", "--short", "HEAD"]);
  if (!head.ok) return { error: head.reason };
  const commit = await git(dir, ["rev-parse", "--verify", "-q", "HEAD"]);
  const none = { upstream: "", ahead: 0, behind: 0, modified_files: 0, untracked_files: 0, clean: true };
  return { ...none, branch: head.stdout.trim(), hasCommits: commit.ok };
}

async function lastCommit(
  dir: string,
  hasCommits: boolean,
): Promise<Pick<RepoStatus, "last_commit" | "last_commit_at" | "error">> {
  if (!hasCommits) return { last_commit: "", last_commit_at: "", error: "" };
  const answer = await git(dir, [
    "log",
    "-1",
    "--no-ext-diff",
    "--no-textconv",
    "--no-show-signature",
    "--format=%h%x00%cI%x00%s",
  ]);
  if (!answer.ok) return { last_commit: "", last_commit_at: "", error: answer.reason };
  const [hash = "", at = "", subject = ""] = answer.stdout.trimEnd().split("\0");
  return { last_commit: `${hash} ${subject}`, last_commit_at: at, error: "" };
}

function kindsOf(folder: GitFolder): string[] {
  const isShallow = entryAt(join(folder.commonDir, "shallow")) !== undefined;
  return [
    ...(folder.kind === "bare" ? ["bare"] : []),
    ...(folder.kind === "file" ? ["worktree or submodule"] : []),
    ...(isShallow ? ["shallow"] : []),
  ];
}
