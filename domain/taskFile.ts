/**
 * The task file: the JSON in which work for many repos is written down, read and merged.
 *
 * Words: a *task* is one order for one repo; a *runner* is what Drover calls a harness profile (task files keep
 * the older key). A *problem* is a fault that a person must mend, with file, task and field named.
 *
 * Everything here is pure: texts go in, tasks or problems come out. Several files are one piece of work, so
 * `readTaskFiles` merges before it looks for dependencies, cycles and unknown runners.
 */
import { depthOf, findCycle } from "./taskFile/graph.ts";
import { mergeTaskFiles, withProfiles, type Profiles } from "./taskFile/merge.ts";
import { parseTaskFile, type TaskFile } from "./taskFile/parse.ts";
import { checkMerged, checkOne } from "./taskFile/checks.ts";
import type { Problem } from "./taskFile/problem.ts";

export { describeProblem, type Problem } from "./taskFile/problem.ts";
export { BUILT_IN_RUNNERS, normalizeRunner, type Task, type TaskFile } from "./taskFile/parse.ts";
export type { Profiles } from "./taskFile/merge.ts";

export type TaskFileSource = { name: string; text: string };
export type TaskFileFacts = { tasks: number; repos: number; maxDepth: number };
export type TaskFilesRead =
  { ok: true; file: TaskFile; facts: TaskFileFacts } | { ok: false; problems: Problem[] };

/**
 * Reads one or more task files into one. `profiles` come from the configuration and are laid below each file's own.
 * Gives the merged file with its facts (max depth counts edges on the longest chain), or every problem found.
 */
export function readTaskFiles(sources: TaskFileSource[], profiles: Profiles = {}): TaskFilesRead {
  const parsed = sources.map(({ name, text }) => parseTaskFile(text, name));
  const problems: Problem[] = parsed.flatMap((one) => (one.ok ? [] : one.problems));
  const files = parsed.flatMap((one) => (one.ok ? [withProfiles(one.file, profiles)] : []));
  problems.push(...files.flatMap(checkOne));
  if (sources.length === 0) problems.push(noSource());
  const merged = mergeTaskFiles(files);
  problems.push(...merged.problems);
  // A file that could not be read would make its ids look like unknown dependencies of the others.
  if (parsed.every((one) => one.ok)) {
    problems.push(...checkMerged(merged.file), ...cycleProblem(merged.file));
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, file: merged.file, facts: factsOf(merged.file) };
}

/** Counts tasks, distinct repo strings, and the edges on the longest chain. Expects a file without a cycle. */
export function factsOf(file: TaskFile): TaskFileFacts {
  return {
    tasks: file.tasks.length,
    repos: new Set(file.tasks.map((task) => task.repo)).size,
    maxDepth: depthOf(file.tasks),
  };
}

function cycleProblem(file: TaskFile): Problem[] {
  const path = findCycle(file.tasks);
  const first = path?.[0];
  if (!path || first === undefined) return [];
  const owner = file.tasks.find((task) => task.id === first);
  return [
    {
      kind: "cycle",
      file: owner?.source_file ?? "",
      task: first,
      field: "depends_on",
      message: `dependency cycle: ${path.join(" → ")}; remove one of these edges`,
    },
  ];
}

function noSource(): Problem {
  return { kind: "no_tasks", file: "", field: "tasks", message: "no task file was given" };
}
