/** Assignments that stand for tasks of the backlog: those that were created under the task's id as key. */
import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment, type AssignmentState } from "../../domain/assignmentState.ts";
import type { TaskRow } from "../../portfolio/backlog/runTask.ts";
import { askIfThere, type Reachable } from "../backend/ifThere.ts";
import type { CommonFlags } from "../config/settings.ts";
import { say } from "../output/print.ts";

/** Keys in one call: what `assignments:byKeys` takes. */
const MAX_CALL_KEYS = 200;

export type TaskWithAssignment = TaskRow & { assignment?: { number: number; status: AssignmentState } };

/** The tasks, each with its assignment where a backend answers and has one. */
export async function withAssignments(rows: TaskRow[], flags: CommonFlags): Promise<TaskWithAssignment[]> {
  if (rows.length === 0) return rows;
  const found = await askIfThere(flags, (there) =>
    byTask(
      there,
      rows.map(({ id }) => id),
    ),
  );
  if (found === null) return rows;
  return rows.map((row) => {
    const assignment = found.get(row.id);
    return assignment === undefined ? row : { ...row, assignment };
  });
}

/** Says so when a task is called complete while its assignment is not: one of the two is wrong. */
export function warnOfOpenAssignment({ assignment }: TaskWithAssignment): void {
  if (assignment === undefined || assignment.status === "complete") return;
  const { number, status } = assignment;
  say(
    `its assignment ${number} is ${status}${isTerminalAssignment(status) ? "" : `: \`drover cancel ${number}\` ends it`}`,
  );
}

/** Writes down the intent of a task as an assignment; the task's id as key makes a second call harmless. */
export async function createFor(
  { backend, namespace }: Reachable,
  { id, title, fields }: TaskRow,
): Promise<{ number: number; created: boolean }> {
  const { description } = fields;
  const northStar = description === undefined ? title : `${title}\n\n${description}`;
  return backend.mutation(api.assignments.create, {
    namespace,
    northStar,
    key: id,
    sourceRef: "tasks/active.md",
  });
}

async function byTask({ backend, namespace }: Reachable, ids: string[]) {
  const found = new Map<string, { number: number; status: AssignmentState }>();
  for (let at = 0; at < ids.length; at += MAX_CALL_KEYS) {
    const keys = ids.slice(at, at + MAX_CALL_KEYS);
    const assignments = await backend.query(api.assignments.byKeys, { namespace, keys });
    for (const { key = "", number, status } of assignments) found.set(key, { number, status });
  }
  return found;
}
