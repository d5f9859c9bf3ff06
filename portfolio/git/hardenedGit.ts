/**
 * Asks git about a repository that may bring programs along (file-system monitor, hooks, filters, text conversion,
 * transports, signature checks): looking at it must start none of them.
 */
import { execa } from "execa";
import { gitEnvironment, placeArguments, type GitSurroundings } from "./gitEnvironment.ts";
import { findGitFolder, readLocalConfig, type GitFolder } from "./gitFolder.ts";

/** A question about a local repo that takes longer than this is given up and named: 15 s is 1,000 times the usual. */
const LOCAL_TIMEOUT_MS = 15_000;
/** Fetching may move real data: 5 minutes a repo. */
const NETWORK_TIMEOUT_MS = 300_000;
/** Output kept of one call; a status with more changes than this holds is no status that anybody reads. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export type GitAnswer = { ok: true; stdout: string } | { ok: false; reason: string; output: string };
/** `sync`: the repo is trusted: the remote may be asked, and filters run, because they make what is checked out. */
export type GitOptions = { sync?: boolean; signal?: AbortSignal };

/** Runs one git command on the repo in `dir`. A repo that cannot be asked safely gives a reason instead of an answer. */
export async function git(dir: string, args: string[], options: GitOptions = {}): Promise<GitAnswer> {
  const folder = findGitFolder(dir);
  if (!folder) return no("not a git repository");
  const config = readLocalConfig(folder);
  if (!config.ok) return no(config.reason);
  const { sync = false, signal } = options;
  const call = [...placeArguments(dir, folder), ...args];
  if (sync) return run(call, { folder, network: true, signal });
  const filters = await filterDrivers(folder, config.text);
  if (!filters.ok) return filters;
  return run(call, { folder, signal, settings: silenced(filters.drivers) });
}

function no(reason: string, output = ""): { ok: false; reason: string; output: string } {
  return { ok: false, reason, output };
}

type Drivers = { ok: true; drivers: string[] } | { ok: false; reason: string; output: string };

/**
 * The filter drivers that this repo or the user's own configuration names. Listing costs a process, so a repo
 * whose configuration holds neither the word "filter" nor "include" is not asked: it can define none.
 */
function filterDrivers(folder: GitFolder, config: string): Promise<Drivers> {
  if (/filter|include/i.test(config)) return listDrivers([`--git-dir=${folder.gitDir}`], folder);
  return (usersDrivers ??= listDrivers(["--git-dir=/dev/null"]));
}

let usersDrivers: Promise<Drivers> | undefined;

async function listDrivers(place: string[], folder?: GitFolder): Promise<Drivers> {
  const args = [...place, "config", "--includes", "--list", "--name-only", "-z"];
  const answer = await run(args, { folder });
  if (!answer.ok) return answer;
  const names = answer.stdout.split("\0").flatMap((key) => /^filter\.(.*)\.[^.]+$/s.exec(key)?.[1] ?? []);
  return { ok: true, drivers: [...new Set(names)] };
}

/** An empty command is git's own way to say "no filter"; `required` off, or its absence would be an error. */
function silenced(drivers: string[]): Record<string, string> {
  return Object.fromEntries(
    drivers.flatMap((name) => [
      [`filter.${name}.clean`, ""],
      [`filter.${name}.smudge`, ""],
      [`filter.${name}.process`, ""],
      [`filter.${name}.required`, "false"],
    ]),
  );
}

async function run(
  args: string[],
  options: GitSurroundings & { signal?: AbortSignal | undefined },
): Promise<GitAnswer> {
  const timeout = options.network ? NETWORK_TIMEOUT_MS : LOCAL_TIMEOUT_MS;
  const result = await execa("git", ["--no-pager", "--no-optional-locks", ...args], {
    env: gitEnvironment(options),
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    timeout,
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT_BYTES,
    stripFinalNewline: false,
    ...(options.signal ? { cancelSignal: options.signal } : {}),
  });
  const output = `${result.stdout}${result.stderr}`;
  if (result.exitCode === 0) return { ok: true, stdout: result.stdout };
  if (result.timedOut) return no(`git gave no answer within ${timeout / 1000} s`, output);
  if (result.isMaxBuffer) return no(`git printed more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB`, output);
  if (result.code === "ENOENT") return no("git is not installed: expected it in PATH");
  return no(firstLine(result.stderr) || `git ended with code ${result.exitCode ?? "unknown"}`, output);
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
