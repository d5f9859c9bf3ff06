/** A task file as a run: which tasks, in which order, each with the profiles that it is tried with. */
import { cascadesOf, type CascadeRules } from "./cascades.ts";
import { startOrder } from "./order.ts";
import type { Task, TaskFile } from "./parse.ts";
import type { Problem } from "./problem.ts";
import { type CutEdge, selectTasks } from "./select.ts";
import { unhonouredFields } from "./unhonoured.ts";

export interface PlannedTask {
  id: string;
  repo: string;
  title: string;
  prompt: string;
  priority: number;
  dependsOn: string[];
  cascade: string[];
  barred: string[];
  isScript: boolean;
  /** It is the review of the task of this id: it changes nothing, and needs no lock. */
  isReview?: boolean;
  /** The task as its file has it, for the run's folder. */
  source: Task;
}

export interface PlanWish extends CascadeRules {
  filter?: string | undefined;
  withDeps?: boolean | undefined;
}

export type RunPlan =
  { ok: true; tasks: PlannedTask[]; cut: CutEdge[]; warnings: string[] } | { ok: false; problems: Problem[] };

/** Plans a file that `readTaskFiles` found valid. Problems: a filter without a hit, a task that no profile may run. */
export function planRun(file: TaskFile, wish: PlanWish): RunPlan {
  const cascadeOf = cascadesOf(file, wish);
  const position = new Map(file.tasks.map((task, i) => [task.id, i]));
  const chosen =
    wish.filter === undefined
      ? { tasks: file.tasks, cut: [] }
      : selectTasks(file.tasks, wish.filter, { withDeps: wish.withDeps === true });
  if (chosen === null) return { ok: false, problems: [noHit(file, wish.filter ?? "")] };
  const problems: Problem[] = [];
  const warnings = new Set(unhonouredFields(file));
  const tasks = startOrder(chosen.tasks).map((task): PlannedTask => {
    const { problem, warnings: found, ...rest } = cascadeOf(task, position.get(task.id) ?? 0);
    if (problem !== undefined) problems.push(problem);
    for (const text of found) warnings.add(text);
    const { id, repo, prompt, priority, depends_on } = task;
    const title = task.title === "" ? id : task.title;
    return { id, repo, title, prompt, priority, dependsOn: depends_on, source: task, ...rest };
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, tasks, cut: chosen.cut, warnings: [...warnings] };
}

function noHit(file: TaskFile, filter: string): Problem {
  return {
    kind: "no_tasks",
    file: file.source,
    field: "id",
    message: `no task matches the filter ${JSON.stringify(filter)} among ${file.tasks.length} tasks`,
  };
}
