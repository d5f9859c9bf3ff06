import { checkBounds } from "./bounds.ts";
import type { Problem } from "./problem.ts";
import { BUILT_IN_RUNNERS, normalizeRunner, type Task, type TaskFile } from "./parse.ts";

/** The problems that one file has by itself: emptiness, ids, profile types, allowed repos. */
export function checkOne(file: TaskFile): Problem[] {
  const problems: Problem[] = [];
  if (file.tasks.length === 0 && file.empty_reason === undefined) {
    problems.push({
      kind: "no_tasks",
      file: file.source,
      field: "tasks",
      message: "no tasks: expected at least one (or an `empty_reason` that says why there is none)",
    });
  }
  problems.push(...emptyProfileTypes(file), ...duplicateIds(file));
  file.tasks.forEach((task, index) => problems.push(...checkTask(file, task, index)));
  return problems;
}

/** The problems that show only when all files are together: dependencies and runner names. */
export function checkMerged(file: TaskFile): Problem[] {
  const ids = new Set(file.tasks.map((task) => task.id));
  const missing = file.tasks.flatMap((task) =>
    task.depends_on
      .filter((id) => !ids.has(id))
      .map((id): Problem => ({
        kind: "unknown_dependency",
        file: task.source_file ?? file.source,
        task: task.id,
        field: "depends_on",
        message: `dependency ${JSON.stringify(id)} not found among ${ids.size} tasks`,
      })),
  );
  return [...missing, ...unknownRunners(file)];
}

function checkTask(file: TaskFile, task: Task, index: number): Problem[] {
  const name = task.id.trim() === "" ? `#${index + 1}` : task.id;
  const at = { file: file.source, task: name };
  const problems: Problem[] = (["id", "repo", "prompt"] as const)
    .filter((field) => task[field].trim() === "")
    .map((field) => ({
      ...at,
      kind: "empty_field",
      field,
      message: `empty ${field}: expected a non-empty text`,
    }));
  if (file.allowed_repos.length > 0 && task.repo !== "" && !file.allowed_repos.includes(task.repo)) {
    const message = `repo ${JSON.stringify(task.repo)} is not in allowed_repos (${file.allowed_repos.join(", ")})`;
    problems.push({ ...at, kind: "repo_not_allowed", field: "repo", message });
  }
  return [...problems, ...checkBounds(file, task)];
}

function duplicateIds(file: TaskFile): Problem[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { id } of file.tasks) {
    if (seen.has(id) && id !== "") twice.add(id);
    seen.add(id);
  }
  return [...twice].map((id) => ({
    kind: "duplicate_id",
    file: file.source,
    task: id,
    field: "id",
    message: `duplicate id ${JSON.stringify(id)}: every task needs its own`,
  }));
}

function emptyProfileTypes(file: TaskFile): Problem[] {
  return Object.entries(file.runners)
    .filter(([, profile]) => profile.type.trim() === "")
    .map(([name]) => ({
      kind: "empty_profile_type",
      file: file.source,
      field: `runners.${name}.type`,
      message: `empty type: expected one of ${BUILT_IN_RUNNERS.join(", ")}`,
    }));
}

function unknownRunners(file: TaskFile): Problem[] {
  const known = new Set<string>([...BUILT_IN_RUNNERS, ...Object.keys(file.runners).map(normalizeRunner)]);
  const problem = (name: string, field: string, task?: Task): Problem[] =>
    known.has(normalizeRunner(name))
      ? []
      : [
          {
            kind: "unknown_runner",
            file: task?.source_file ?? file.source,
            ...(task ? { task: task.id } : {}),
            field,
            message: `unknown runner ${JSON.stringify(name)}: expected one of ${[...known].join(", ")}`,
          },
        ];
  return [
    ...(file.default_runner ? problem(file.default_runner, "default_runner") : []),
    ...file.default_fallbacks.flatMap((name) => problem(name, "default_fallbacks")),
    ...(file.review?.runner ? problem(file.review.runner, "review.runner") : []),
    ...file.tasks.flatMap((task) => [
      ...(task.runner ? problem(task.runner, "runner", task) : []),
      ...task.fallbacks.flatMap((name) => problem(name, "fallbacks", task)),
    ]),
  ];
}
