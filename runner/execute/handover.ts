/** What an earlier attempt left in the checkout, told to the next one: it must not start over or trip over it. */
import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** A repository that needs longer for its status goes without the note. */
const GIT_TIMEOUT_MS = 10_000;
/** Untracked files that are looked at: git knows their names only. */
const MAX_UNTRACKED = 5000;
/** Changed files that the note lists. */
const MAX_FILES = 40;
/** Changed files that the row of an attempt names. */
const NAMED_FILES = 5;
/** Of a line of `git status --porcelain` before the name. */
const STATUS_CHARS = 3;

export interface TreeState {
  /** Changes with every edit, commit and new file, also of files that git does not track. */
  mark: string;
  /** `git status` lines. */
  files: string[];
}

/** The state of the checkout at `cwd`, or undefined outside a git repository. */
export async function treeState(cwd: string): Promise<TreeState | undefined> {
  const [status, head, diff, untracked] = await Promise.all([
    git(cwd, ["status", "--porcelain=v1"]),
    git(cwd, ["rev-parse", "--verify", "--quiet", "HEAD"]),
    git(cwd, ["diff", "--no-ext-diff", "HEAD"]),
    git(cwd, ["ls-files", "--others", "--exclude-standard", "-z"]),
  ]);
  if (status === undefined) return undefined;
  const mark = createHash("sha256")
    .update(`${head ?? ""}\0${status}\0${diff ?? ""}\0${await stamps(cwd, untracked)}`)
    .digest("hex");
  return { mark, files: status.split("\n").filter(Boolean) };
}

/** Names, sizes and times: to a person's own untracked file or folder an attempt may add without a new status line. */
async function stamps(cwd: string, untracked = ""): Promise<string> {
  const names = untracked.split("\0").filter(Boolean);
  const stamped = names.slice(0, MAX_UNTRACKED).map(async (name) => {
    const stats = await lstat(join(cwd, name)).catch(() => undefined);
    return `${name}\0${stats?.size ?? ""}\0${stats?.mtimeMs ?? ""}`;
  });
  return [...(await Promise.all(stamped)), ...names.slice(MAX_UNTRACKED)].join("\0");
}

export interface Earlier {
  /** Number of the attempt that is about to start. */
  attempt: number;
  /** How the last attempt of this claim ended ("codex: usage_limit"), if there was one. */
  last: string | undefined;
  before: TreeState | undefined;
  now: TreeState | undefined;
}

/** The text for `HANDOVER`; empty when there is nothing to hand over. */
export function handoverText({ attempt, last, before, now }: Earlier): string {
  // The first attempt of a job has nobody before it: uncommitted files are the user's own.
  if (attempt <= 1) return "";
  const ended = last === undefined ? "was interrupted" : `ended without a result (${last})`;
  if (now === undefined) return unknownText(attempt, ended);
  if (!hasChanged(before, now)) return "";
  const shown = now.files.slice(0, MAX_FILES).map((line) => `    ${line}`);
  const rest = now.files.length - shown.length;
  return [
    `This is attempt ${attempt}. An earlier attempt at this job ${ended} and has left changes in this checkout.`,
    "Look at them before you start (git status, git diff, git log): keep what is right, correct the rest, do not",
    "do finished work again.",
    ...(shown.length === 0 ? [] : ["", "git status --porcelain:", ...shown]),
    ...(rest > 0 ? [`    ... and ${rest} more`] : []),
  ].join("\n");
}

/** Silence would say that nothing is there. */
function unknownText(attempt: number, ended: string): string {
  return [
    `This is attempt ${attempt}. An earlier attempt at this job ${ended}. It may have left changes in this folder, of`,
    "which git cannot tell (no repository, or too slow an answer): look for half-done work before you start.",
  ].join("\n");
}

/** What an attempt has left in the checkout, for its own row; undefined when that is nothing. */
export function leftBehind(before: TreeState | undefined, now: TreeState | undefined): string | undefined {
  if (now === undefined) return "git cannot tell whether it has left changes in its folder";
  if (!hasChanged(before, now)) return undefined;
  const names = now.files.slice(0, NAMED_FILES).map((line) => line.slice(STATUS_CHARS));
  const more = now.files.length > names.length ? ` and ${now.files.length - names.length} more` : "";
  return `it has left changes in the checkout: ${names.length === 0 ? "commits" : names.join(", ")}${more}`;
}

/** Where nobody looked before, everything that is not committed counts. */
function hasChanged(before: TreeState | undefined, now: TreeState): boolean {
  return before === undefined ? now.files.length > 0 : before.mark !== now.mark;
}

async function git(cwd: string, args: string[]): Promise<string | undefined> {
  // fsmonitor is a program that the checkout's configuration could name.
  const options = ["-c", "core.fsmonitor=false", ...args];
  const result = await execa("git", options, {
    cwd,
    timeout: GIT_TIMEOUT_MS,
    reject: false,
    stdin: "ignore",
  });
  return result.failed ? undefined : result.stdout;
}
