/** A run again: what did not complete, with the profiles and settings that it had. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { describeProblem, readTaskFiles, type TaskFile } from "../../domain/taskFile.ts";
import { type RunReport, sortedResults } from "../../domain/report/model.ts";
import { readBounded } from "../../portfolio/files/readBounded.ts";
import { loadTaskFiles } from "../../portfolio/validate/runValidate.ts";
import type { Settings } from "../config/settings.ts";
import { usageError } from "../output/errors.ts";
import { orderOf, type RunFlags, type RunOrder } from "./order.ts";
import { RUN_FILE } from "./runFolder.ts";
import type { ReadTaskSettings } from "./settings.ts";

/** Bytes of the file that a run is repeated from: 10,000 tasks with long prompts. */
const MAX_RUN_FILE_BYTES = 64 * 1024 * 1024;
/** Folders of tasks that are looked through where a run has no file of its own. */
const MAX_TASK_FOLDERS = 20_000;

const saved = z.object({
  run_id: z.string(),
  settings: z.looseObject({
    reposDir: z.string(),
    workers: z.number(),
    failFast: z.boolean(),
    verify: z.boolean(),
    postRun: z.string().optional(),
    maxRuntimeMs: z.number(),
    idleTimeoutMs: z.number(),
    privateRepos: z.array(z.string()).default([]),
    collectors: z.array(z.string()).default([]),
  }),
  task_file: z.looseObject({ tasks: z.array(z.unknown()) }),
});
type Saved = z.output<typeof saved>;

export interface RerunSource {
  folder: string;
  report: RunReport;
}

/** The order that repeats a run. @throws CliError (exit 2) when everything completed or its tasks cannot be found */
export function rerunOrder(
  { folder, report }: RerunSource,
  flags: RunFlags,
  { settings, task }: { settings: Settings; task: ReadTaskSettings },
): RunOrder {
  const old = readSaved(folder);
  const whole =
    old === null
      ? withoutRunFile(folder, report)
      : readFile(JSON.stringify(old.task_file), join(folder, RUN_FILE));
  const left = new Set(
    sortedResults(report)
      .filter(({ state_name }) => state_name !== "COMPLETED")
      .map(({ task_id }) => task_id),
  );
  const tasks = whole.tasks
    .filter(({ id }) => left.has(id))
    .map((one) => ({ ...one, depends_on: one.depends_on.filter((id) => left.has(id)) }));
  if (tasks.length === 0)
    throw usageError(`nothing to run again: all ${report.total_tasks} tasks of ${folder} completed`);
  const file = { ...whole, tasks: striped(tasks, report), runners: mergedRunners(whole, { settings, task }) };
  const order = orderOf(file, withOld(flags, old, report), { settings, task: withPrivacy(task, old) });
  return {
    ...order,
    parent: report.run_id,
    ...(report.assignment === undefined ? {} : { supersedes: report.assignment }),
    postRun: order.postRun ?? old?.settings.postRun,
  };
}

/** Current configuration beats the old file, but what was marked as collecting data stays marked. */
export function mergedRunners(
  file: TaskFile,
  { settings, task }: { settings: Settings; task: ReadTaskSettings },
): TaskFile["runners"] {
  const current = {
    ...(settings.config.harnesses as TaskFile["runners"] | undefined),
    ...task.settings.runners,
  };
  const merged = { ...file.runners, ...current };
  return Object.fromEntries(
    Object.entries(merged).map(([name, profile]) => {
      const collects =
        file.runners[name]?.["data_collection"] === true || profile["data_collection"] === true;
      return [name, collects ? { ...profile, data_collection: true } : profile];
    }),
  );
}

/** A task that got its profile by its position in the whole file keeps it. */
function striped(tasks: TaskFile["tasks"], report: RunReport): TaskFile["tasks"] {
  return tasks.map((task) => {
    const first = report.results[task.id]?.attempts[0]?.runner;
    return task.runner !== undefined || first === undefined || first === "none"
      ? task
      : { ...task, runner: first };
  });
}

function withPrivacy(task: ReadTaskSettings, old: Saved | null): ReadTaskSettings {
  const repos = new Set([...(task.settings.private_repos ?? []), ...(old?.settings.privateRepos ?? [])]);
  return { ...task, settings: { ...task.settings, private_repos: [...repos] } };
}

function withOld(flags: RunFlags, old: Saved | null, report: RunReport): RunFlags {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const before = old === null ? fromReport(report) : fromSaved(old);
  const workers = flags.workers === "0" ? { workers: before.workers } : {};
  return { ...before, ...given, ...workers, tasks: [] };
}

function fromReport({ repos_dir, workers }: RunReport): RunFlags {
  return { tasks: [], reposDir: repos_dir, workers: String(workers) };
}

function fromSaved({ settings }: Saved): RunFlags {
  const { reposDir, workers, maxRuntimeMs, idleTimeoutMs, failFast, verify } = settings;
  return {
    ...{ tasks: [], reposDir, failFast, verify, workers: String(workers) },
    maxRuntime: `${maxRuntimeMs}ms`,
    idleTimeout: `${idleTimeoutMs}ms`,
  };
}

/** The task file and the settings with which the run of a folder was started, or null where it keeps none. */
export function savedRun(folder: string): { file: TaskFile; settings: Saved["settings"] } | null {
  const old = readSaved(folder);
  if (old === null) return null;
  return {
    file: readFile(JSON.stringify(old.task_file), join(folder, RUN_FILE)),
    settings: old.settings,
  };
}

function readSaved(folder: string): Saved | null {
  const path = join(folder, RUN_FILE);
  const read = readBounded(path, MAX_RUN_FILE_BYTES);
  if (read.kind === "absent") return null;
  const parsed = read.kind === "text" ? saved.safeParse(JSON.parse(read.text)) : null;
  if (parsed?.success === true) return parsed.data;
  throw usageError(`${path} cannot be read as the file of a run`);
}

/** A run of another program: its tasks lie in `task.json` of each task's folder, else in the files that it names. */
function withoutRunFile(folder: string, report: RunReport): TaskFile {
  const tasks = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .slice(0, MAX_TASK_FOLDERS)
    .flatMap(({ name }) => {
      try {
        return [JSON.parse(readFileSync(join(folder, name, "task.json"), "utf8")) as object];
      } catch {
        return [];
      }
    });
  const files = loadSafely(report.tasks_files);
  const known = new Set(tasks.map((task) => (task as { id?: string }).id));
  const complete = Object.keys(report.results).every((id) => known.has(id));
  if (files !== null && !complete) return files;
  if (!complete)
    throw usageError(
      `the tasks of ${folder} are gone: neither task.json of every task nor ${report.tasks_files.join(", ")} can be read`,
    );
  const { runners, default_runner, default_fallbacks, review } = files ?? {};
  return readFile(JSON.stringify({ runners, default_runner, default_fallbacks, review, tasks }), folder);
}

function loadSafely(names: readonly string[]): TaskFile | null {
  try {
    const read = loadTaskFiles(names, {});
    return read.ok ? read.file : null;
  } catch {
    return null;
  }
}

function readFile(text: string, name: string): TaskFile {
  const read = readTaskFiles([{ name, text }]);
  if (read.ok) return read.file;
  throw usageError(`${name}:\n${read.problems.map((problem) => `  ${describeProblem(problem)}`).join("\n")}`);
}
