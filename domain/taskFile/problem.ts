export type ProblemKind =
  | "not_json"
  | "wrong_type"
  | "no_tasks"
  | "empty_field"
  | "duplicate_id"
  | "unknown_runner"
  | "empty_profile_type"
  | "repo_not_allowed"
  | "unknown_dependency"
  | "cycle"
  | "profile_conflict"
  | "out_of_bounds"
  | "repo_missing";

/** A fault of a task file: `file` as it was named, `task` the id or `#n` when it has none, `field` the key. */
export type Problem = { kind: ProblemKind; file: string; task?: string; field: string; message: string };

/** One line for people: file, task and field first, then what is wrong and what to do. */
export function describeProblem(problem: Problem): string {
  const task = problem.task === undefined ? "" : `task ${JSON.stringify(problem.task)}: `;
  const field = problem.field === "" ? "" : `${problem.field}: `;
  return `${problem.file === "" ? "" : `${problem.file}: `}${task}${field}${problem.message}`;
}
