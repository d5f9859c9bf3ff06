import { expandPath, repoFolder } from "../../portfolio/files/paths.ts";
import type { TaskFile } from "../../domain/taskFile.ts";
import { collectorsOf } from "../../domain/taskFile/cascades.ts";
import { openBackend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import { profilesOf } from "../harnesses/profiles.ts";
import { usageError } from "../output/errors.ts";
import { reportOfRun } from "../reports/findRun.ts";
import { parseGoDuration } from "../taskRun/duration.ts";
import { DEFAULT_NAMESPACE } from "../config/settings.ts";
import { DEFAULT_MAX_RUNTIME, type RunOrder, workersOf } from "../taskRun/order.ts";
import { runnerProfiles } from "../taskRun/profiles.ts";
import { mergedRunners, savedRun } from "../taskRun/rerun.ts";
import { openRunFolder } from "../taskRun/runFolder.ts";
import type { ReadTaskSettings } from "../taskRun/settings.ts";
import { planReviews } from "./reviewOrder.ts";
import type { ReviewCall } from "./reviewRun.ts";
import { type Subject, subjectOfJob, subjectsOfFolder, subjectsOfRun } from "./subjects.ts";

/** Reviews at once: they wait for models most of the time, and nobody waits for them. */
const REVIEW_WORKERS = 2;

export interface ReviewFlags {
  runner?: string | undefined;
  fallbackOnly?: boolean | undefined;
  again?: boolean | undefined;
  workers?: string | undefined;
  reposDir?: string | undefined;
  maxRuntime?: string | undefined;
  local?: boolean | undefined;
}

interface Given {
  settings: Settings;
  task: ReadTaskSettings;
}

interface Work {
  subjects: Subject[];
  file: TaskFile;
  reposDir: string;
  place: ReviewCall["place"];
}

/** What `review` was asked for. @throws CliError (exit 2) for work that cannot be found, or a reviewer that nobody knows */
export async function reviewCall(
  named: string | undefined,
  flags: ReviewFlags,
  given: Given,
): Promise<Omit<ReviewCall, "interrupt">> {
  const work = await workOf(named, given);
  const { review, runners } = work.file;
  const wish = {
    runner: flags.runner ?? review?.runner,
    fallbackOnly: flags.fallbackOnly ?? review?.fallback_only ?? false,
    again: flags.again === true,
  };
  const plan = planReviews(work.subjects, wish, runners);
  const { settings } = given;
  const reposDir = expandPath(flags.reposDir ?? work.reposDir);
  const maxRuntimeMs = parseGoDuration(flags.maxRuntime ?? DEFAULT_MAX_RUNTIME, "--max-runtime");
  const used = new Set(plan.tasks.flatMap(({ cascade }) => cascade));
  const order: RunOrder = {
    namespace: settings.namespace ?? DEFAULT_NAMESPACE,
    file: { ...work.file, description: `Reviews of ${named ?? "the newest run"}` },
    tasks: plan.tasks,
    profiles: runnerProfiles(runners, used, profilesOf(settings.config)),
    repos: Object.fromEntries(
      plan.tasks.filter(({ repo }) => repo !== "").map(({ repo }) => [repo, repoFolder(reposDir, repo)]),
    ),
    reposDir,
    workers: workersOf(flags.workers, REVIEW_WORKERS, plan.tasks.length),
    ...{ cut: [], warnings: [], tasksFiles: [], privateRepos: [], collectors: [] },
    ...{ filter: undefined, failFast: false, verify: false, postRun: undefined, review: undefined },
    ...{ maxRuntimeMs, idleTimeoutMs: maxRuntimeMs, onLimit: "stop" as const, maxWaitMs: 0 },
  };
  const local = flags.local === true || flags.reposDir !== undefined || flags.workers !== undefined;
  return { settings, order, refused: plan.refused, local, place: work.place };
}

async function workOf(named: string | undefined, given: Given): Promise<Work> {
  if (named === undefined || !/^\d+(\.\d+)?$/.test(named)) return workOfFolder(named, given);
  const { settings, task } = given;
  const place = { backend: openBackend(settings), namespace: settings.namespace ?? DEFAULT_NAMESPACE };
  const isJob = named.includes(".");
  const subjects = await (isJob ? subjectOfJob(place, named) : subjectsOfRun(place, named));
  if (isJob && subjects.length === 0)
    throw usageError(`job ${named} is not complete: there is no result to review`);
  const file = { ...NO_FILE, runners: mergedRunners(NO_FILE, { settings, task }) };
  return { subjects, file, reposDir: task.settings.repos_dir ?? ".", place: null };
}

async function workOfFolder(named: string | undefined, { settings, task }: Given): Promise<Work> {
  const { folder, report } = await reportOfRun(named);
  const { file: whole, settings: old } = savedRun(folder) ?? { file: NO_FILE, settings: undefined };
  const file = { ...whole, runners: mergedRunners(whole, { settings, task }) };
  const isPrivate = new Set([...(old?.privateRepos ?? []), ...(task.settings.private_repos ?? [])]);
  const collectors = [...collectorsOf(file, { collectors: old?.collectors ?? [] })];
  const subjects = subjectsOfFolder(folder, report, (repo) => (isPrivate.has(repo) ? collectors : []));
  const stamp = folder.split(/[\\/]/).at(-1) ?? "review";
  return {
    subjects,
    file,
    reposDir: report.repos_dir,
    place: { folder: openRunFolder(folder, stamp), report },
  };
}

const NO_FILE: TaskFile = {
  ...{ source: "", description: "", generated: undefined, allowed_repos: [], default_runner: undefined },
  ...{ default_fallbacks: [], runners: {}, review: undefined, empty_reason: undefined, tasks: [] },
};
