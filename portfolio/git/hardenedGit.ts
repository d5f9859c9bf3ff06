/**
 * The one place from which git is started. A repository may bring programs along (file-system monitor, hooks,
 * filters, text conversion, transports, signature checks); looking at it must start none of them.
 */
import { execa } from "execa";
import { findGitFolder, localConfigText, type GitFolder } from "./gitFolder.ts";

/** A question about a local repo that takes longer than this is given up and named: 15 s is 1,000 times the usual. */
const LOCAL_TIMEOUT_MS = 15_000;
/** Fetching may move real data: 5 minutes a repo. */
const NETWORK_TIMEOUT_MS = 300_000;
/** Output kept of one call; a status with more changes than this holds is no status that anybody reads. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const SAFE_SETTINGS = {
  "core.fsmonitor": "false",
  "core.hooksPath": "/dev/null",
  "core.pager": "cat",
  "log.showSignature": "false",
  "submodule.recurse": "false",
};

export type GitAnswer = { ok: true; stdout: string } | { ok: false; reason: string; output: string };
export type GitOptions = { network?: boolean; signal?: AbortSignal };

/** Runs one git command on the repo in `dir`. A repo that cannot be asked safely gives a reason instead of an answer. */
export async function git(dir: string, args: string[], options: GitOptions = {}): Promise<GitAnswer> {
  const folder = findGitFolder(dir);
  if (!folder) return no("not a git repository");
  const config = localConfigText(folder);
  if (config === undefined) return no("its git configuration is no plain file of at most 1 MiB");
  const filters = await filterDrivers(folder, config);
  if (!filters.ok) return filters;
  return run([...place(dir, folder), ...args], {
    ...options,
    settings: { ...SAFE_SETTINGS, ...silenced(filters.drivers) },
  });
}

function no(reason: string, output = ""): { ok: false; reason: string; output: string } {
  return { ok: false, reason, output };
}

/** Names the work tree too: `core.worktree` in a hostile configuration could point git at any other folder. */
function place(dir: string, folder: GitFolder): string[] {
  const gitDir = folder.kind === "bare" ? dir : `${dir}/.git`;
  return folder.kind === "bare"
    ? ["-C", dir, `--git-dir=${gitDir}`]
    : ["-C", dir, `--git-dir=${gitDir}`, `--work-tree=${dir}`];
}

type Drivers = { ok: true; drivers: string[] } | { ok: false; reason: string; output: string };

/**
 * The filter drivers that this repo or the user's own configuration names. Listing costs a process, so a repo
 * whose configuration holds neither the word "filter" nor "include" is not asked: it can define none.
 */
async function filterDrivers(folder: GitFolder, config: string): Promise<Drivers> {
  const own = await (usersDrivers ??= listDrivers(["config", "--global"]));
  if (!own.ok || !/filter|include/i.test(config)) return own.ok ? own : { ok: true, drivers: [] };
  const local = await listDrivers([`--git-dir=${folder.gitDir}`, "config", "--includes"]);
  return local.ok ? { ok: true, drivers: [...own.drivers, ...local.drivers] } : local;
}

let usersDrivers: Promise<Drivers> | undefined;

async function listDrivers(command: string[]): Promise<Drivers> {
  const answer = await run([...command, "--list", "--name-only", "-z"], { settings: SAFE_SETTINGS });
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
  options: GitOptions & { settings: Record<string, string> },
): Promise<GitAnswer> {
  const timeout = options.network ? NETWORK_TIMEOUT_MS : LOCAL_TIMEOUT_MS;
  const result = await execa("git", ["--no-pager", "--no-optional-locks", ...args], {
    env: environment(options),
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

/**
 * The user's environment without any GIT_ variable (a hook that calls Drover has GIT_DIR set, and git would answer
 * about the wrong repo), plus the settings as variables: unlike `-c`, they carry names with "=" in them.
 */
function environment(options: GitOptions & { settings: Record<string, string> }): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || name === "GIT_CONFIG_GLOBAL",
  );
  const settings = Object.entries(options.settings);
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(
      settings.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
    GIT_CONFIG_COUNT: String(settings.length),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    ...(options.network ? {} : { GIT_NO_LAZY_FETCH: "1" }),
    // A partial clone would fetch missing objects on a mere question, through a transport of the repo's choice.
    GIT_ALLOW_PROTOCOL: options.network ? "https:http:ssh:git:file" : "none",
    // A password prompt would wait for ever for somebody who is not there.
    ...(options.network ? { GIT_SSH_COMMAND: process.env["GIT_SSH_COMMAND"] ?? "ssh -oBatchMode=yes" } : {}),
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    LC_ALL: "C",
  };
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
