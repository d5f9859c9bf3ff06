/** What the queue cannot take of a task: named with its field before anything is enqueued. */
import { MAX_TEXT_BYTES } from "../limits.ts";
import type { Task, TaskFile } from "./parse.ts";
import type { Problem } from "./problem.ts";

/** Characters of a task id: the queue's names have 200, and the key of a review has a prefix. */
const MAX_ID_CHARS = 180;
/** Dependencies of one task: what one job may wait for. */
const MAX_DEPENDENCIES = 512;
/** How far from 0 a priority may lie. */
const MAX_PRIORITY = 1_000_000;

/** The fields of a task that are out of bounds. */
export function checkBounds(file: TaskFile, task: Task): Problem[] {
  const problem = (field: string, message: string): Problem => ({
    kind: "out_of_bounds",
    file: file.source,
    task: task.id.length > MAX_ID_CHARS ? `${task.id.slice(0, 40)}…` : task.id,
    field,
    message,
  });
  const bytes = new TextEncoder().encode(task.prompt).length;
  return [
    ...(["id", "repo"] as const)
      .filter((field) => task[field].length > MAX_ID_CHARS)
      .map((field) =>
        problem(field, `expected at most ${MAX_ID_CHARS} characters, got ${task[field].length}`),
      ),
    ...(bytes > MAX_TEXT_BYTES
      ? [
          problem(
            "prompt",
            `expected at most ${MAX_TEXT_BYTES / 1024} KB, got ${Math.ceil(bytes / 1024)} KB: put it into a file of the repo and name the file`,
          ),
        ]
      : []),
    ...(task.depends_on.length > MAX_DEPENDENCIES
      ? [
          problem(
            "depends_on",
            `expected at most ${MAX_DEPENDENCIES} dependencies, got ${task.depends_on.length}`,
          ),
        ]
      : []),
    ...(Math.abs(task.priority) > MAX_PRIORITY
      ? [
          problem(
            "priority",
            `expected a number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, got ${task.priority}`,
          ),
        ]
      : []),
  ];
}
