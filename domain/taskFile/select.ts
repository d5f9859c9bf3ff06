import picomatch from "picomatch";
import type { Task } from "./parse.ts";

export interface Selection {
  tasks: Task[];
  /** What the cut tasks waited for outside of it. */
  cut: CutEdge[];
}

/** A dependency that a filter has cut off. */
export interface CutEdge {
  task: string;
  dependency: string;
}

/**
 * The tasks whose ids match a pattern: exact ids, `*` and `?`, `{a,b}`, several patterns with commas. A dependency
 * outside of the cut comes along with `withDeps`; otherwise it is dropped and told, because a chain that was cut is not
 * a cycle and must not wait for ever. Null when nothing matches.
 */
export function selectTasks(
  tasks: readonly Task[],
  pattern: string,
  { withDeps }: { withDeps: boolean },
): Selection | null {
  const matchers = pattern
    .split(/,(?![^{]*\})/)
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map((one) => matcher(one));
  const chosen = new Set(tasks.filter(({ id }) => matchers.some((fits) => fits(id))).map(({ id }) => id));
  if (chosen.size === 0) return null;
  if (withDeps) addDependencies(tasks, chosen);
  const cut: CutEdge[] = [];
  const kept = tasks
    .filter(({ id }) => chosen.has(id))
    .map((task) => {
      const inside = task.depends_on.filter((id) => chosen.has(id));
      for (const id of task.depends_on) if (!chosen.has(id)) cut.push({ task: task.id, dependency: id });
      return inside.length === task.depends_on.length ? task : { ...task, depends_on: inside };
    });
  return { tasks: kept, cut };
}

/** Ids are no paths: `*` matches any character, a slash too. */
function matcher(pattern: string): (id: string) => boolean {
  const flat = (text: string) => text.replaceAll("/", "\u0001").replaceAll(".", "\u0002");
  const fits = picomatch(flat(pattern), { dot: true, noextglob: true, nonegate: true });
  return (id) => id === pattern || fits(flat(id));
}

function addDependencies(tasks: readonly Task[], chosen: Set<string>): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const unvisited = [...chosen];
  for (let id = unvisited.pop(); id !== undefined; id = unvisited.pop()) {
    for (const needed of byId.get(id)?.depends_on ?? []) {
      if (chosen.has(needed)) continue;
      chosen.add(needed);
      unvisited.push(needed);
    }
  }
}
