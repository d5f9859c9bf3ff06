/** What `run` was asked for, read from files, flags and settings, and checked before anything is enqueued. */
import { hostname } from "node:os";
import { BUILT_IN_HARNESSES } from "../../domain/harnessKinds.ts";
import { describeProblem, type Profiles, type TaskFile } from "../../domain/taskFile.ts";
import { collectorsOf } from "../../domain/taskFile/cascades.ts";
import { planRun, type PlannedTask } from "../../domain/taskFile/plan.ts";
import type { CutEdge } from "../../domain/taskFile/select.ts";
import { expandPath, repoFolder } from "../../portfolio/files/paths.ts";
import { loadTaskFiles } from "../../portfolio/validate/runValidate.ts";
import type { Profile } from "../../runner/harness/port.ts";
import { DEFAULT_NAMESPACE } from "../config/settings.ts";
import { repoPaths } from "../config/repoPaths.ts";
import type { Settings } from "../config/settings.ts";
import { profilesOf } from "../harnesses/profiles.ts";
import { usageError } from "../output/errors.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { parseGoDuration } from "./duration.ts";
import { runnerProfiles } from "./profiles.ts";
import type { ReadTaskSettings, TaskSettings } from "./settings.ts";

const DEFAULT_WORKERS = 4;
/** Workers of `--workers 0`, one per task, at most. */
const MAX_AUTO_WORKERS = 20;
const MAX_WORKERS = 64;
export const DEFAULT_MAX_RUNTIME = "30m";
const DEFAULT_IDLE_TIMEOUT = "5m";
/** Problems that one refusal prints; a file with thousands is wrong in one way. */
const MAX_PROBLEMS = 50;

export interface RunFlags {
  tasks: string[];
  workers?: string | undefined;
  reposDir?: string | undefined;
  filter?: string | undefined;
  withDeps?: boolean | undefined;
  verify?: boolean | undefined;
  maxRuntime?: string | undefined;
  idleTimeout?: string | undefined;
  failFast?: boolean | undefined;
  onLimit?: string | undefined;
  maxWait?: string | undefined;
}

export interface RunOrder {
  namespace: string;
  file: TaskFile;
  tasks: PlannedTask[];
  /** Dependencies that the filter has cut off. */
  cut: CutEdge[];
  warnings: string[];
  tasksFiles: string[];
  profiles: Profile[];
  /** Repo of a task → its folder. */
  repos: Record<string, string>;
  reposDir: string;
  workers: number;
  filter: string | undefined;
  failFast: boolean;
  verify: boolean;
  postRun: string | undefined;
  maxRuntimeMs: number;
  idleTimeoutMs: number;
  onLimit: "stop" | "wait";
  maxWaitMs: number;
  review: { profiles: string[]; fallbackOnly: boolean; timeoutMs: number } | undefined;
  privateRepos: string[];
  collectors: string[];
  parent?: string;
  /** The assignment of the parent run: what is still open of it must not run beside this one. */
  supersedes?: number;
}

/** Reads the files of an order. @throws CliError (exit 2) with every problem found; nothing has been enqueued */
export async function readOrder(
  flags: RunFlags,
  { settings, task }: { settings: Settings; task: ReadTaskSettings },
): Promise<RunOrder> {
  const read = await orCliError(() => loadTaskFiles(flags.tasks, configured(task.settings, settings)));
  if (!read.ok) {
    const lines = read.problems.slice(0, MAX_PROBLEMS).map(describeProblem);
    const more = read.problems.length - lines.length;
    throw usageError(
      `invalid task file, nothing was enqueued:\n${lines.map((line) => `  ${line}`).join("\n")}${more > 0 ? `\n  and ${more} more` : ""}`,
    );
  }
  return orderOf(read.file, flags, { settings, task });
}

/** The profiles of the configuration, which lie below those of the file. */
function configured(task: TaskSettings, { config }: Settings): Profiles {
  return { ...(config.harnesses as Profiles | undefined), ...task.runners };
}

/** The order for a task file that was read already. */
export function orderOf(
  file: TaskFile,
  flags: RunFlags,
  { settings, task }: { settings: Settings; task: ReadTaskSettings },
): RunOrder {
  const given = task.settings;
  const reposDir = expandPath(flags.reposDir ?? given.repos_dir ?? ".");
  const rules = rulesOf(given, settings);
  const plan = planRun(file, { ...rules, filter: flags.filter, withDeps: flags.withDeps });
  if (!plan.ok) {
    throw usageError(
      `nothing was enqueued:\n${plan.problems
        .slice(0, MAX_PROBLEMS)
        .map((p) => `  ${describeProblem(p)}`)
        .join("\n")}`,
    );
  }
  const maxRuntimeMs = parseGoDuration(
    flags.maxRuntime ?? given.max_runtime ?? DEFAULT_MAX_RUNTIME,
    "--max-runtime",
  );
  const review = reviewOf(file, maxRuntimeMs);
  const used = new Set([...plan.tasks.flatMap(({ cascade }) => cascade), ...(review?.profiles ?? [])]);
  return {
    namespace: settings.namespace ?? DEFAULT_NAMESPACE,
    file,
    tasks: plan.tasks,
    cut: plan.cut,
    warnings: [...task.warnings, ...plan.warnings],
    tasksFiles: [...new Set(file.tasks.map(({ source_file }) => source_file ?? file.source))],
    profiles: runnerProfiles(file.runners, used, profilesOf(settings.config)),
    repos: reposOf(plan.tasks, { reposDir, settings, explicit: flags.reposDir !== undefined }),
    reposDir,
    workers: workersOf(flags.workers, given.workers ?? undefined, plan.tasks.length),
    filter: flags.filter,
    ...switchesOf(flags, given),
    maxRuntimeMs,
    idleTimeoutMs: parseGoDuration(
      flags.idleTimeout ?? given.idle_timeout ?? DEFAULT_IDLE_TIMEOUT,
      "--idle-timeout",
    ),
    ...waitingOf(flags),
    review,
    privateRepos: rules.privateRepos,
    collectors: [...collectorsOf(file, {})],
  };
}

function rulesOf(given: TaskSettings, { config }: Settings) {
  return {
    privateRepos: given.private_repos ?? [],
    defaultRunner: given.default_runner ?? config.harnessDefaults?.["default"],
    defaultFallbacks: given.default_fallbacks ?? config.cascade ?? [],
  };
}

function switchesOf(flags: RunFlags, given: TaskSettings): Pick<RunOrder, "failFast" | "verify" | "postRun"> {
  return {
    failFast: flags.failFast ?? given.fail_fast ?? false,
    verify: flags.verify ?? given.verify ?? false,
    postRun: given.post_run ?? undefined,
  };
}

function waitingOf({ onLimit, maxWait }: RunFlags): Pick<RunOrder, "onLimit" | "maxWaitMs"> {
  return {
    onLimit: onLimitOf(onLimit),
    maxWaitMs: maxWait === undefined ? 0 : parseGoDuration(maxWait, "--max-wait"),
  };
}

function reposOf(
  tasks: readonly PlannedTask[],
  { reposDir, settings, explicit }: { reposDir: string; settings: Settings; explicit: boolean },
): Record<string, string> {
  const mapped =
    explicit || settings.namespace === null ? {} : (repoPaths(settings).get(settings.namespace) ?? {});
  return Object.fromEntries(
    [...new Set(tasks.map(({ repo }) => repo))].map((repo) => [
      repo,
      mapped[repo] ?? repoFolder(reposDir, repo),
    ]),
  );
}

/** How many tasks at once: the flag, else the settings. @throws CliError (exit 2) */
export function workersOf(flag: string | undefined, configured: number | undefined, tasks: number): number {
  const workers = flag === undefined ? (configured ?? DEFAULT_WORKERS) : Number(flag);
  if (!Number.isInteger(workers) || workers < 0 || workers > MAX_WORKERS) {
    throw usageError(
      `--workers must be a whole number from 0 (one per task, at most ${MAX_AUTO_WORKERS}) to ${MAX_WORKERS}, got ${JSON.stringify(flag)}`,
    );
  }
  return workers === 0 ? Math.max(1, Math.min(tasks, MAX_AUTO_WORKERS)) : workers;
}

function onLimitOf(flag: string | undefined): "stop" | "wait" {
  if (flag === undefined || flag === "stop") return "stop";
  if (flag === "wait") return "wait";
  throw usageError(`--on-limit must be stop or wait, got ${JSON.stringify(flag)}`);
}

function reviewOf({ review, runners }: TaskFile, timeoutMs: number): RunOrder["review"] {
  if (review?.enabled !== true) return undefined;
  const known = new Set([...BUILT_IN_HARNESSES, ...Object.keys(runners)]);
  const profiles =
    review.runner === undefined ? ["codex", "claude"].filter((name) => known.has(name)) : [review.runner];
  return { profiles, fallbackOnly: review.fallback_only === true, timeoutMs };
}

/** This machine, as runners name it. */
export function thisMachine(): string {
  return hostname();
}
