type Node = { id: string; depends_on: readonly string[] };

/**
 * The ids along one dependency cycle, first and last the same (`a, b, a`: a waits for b, b for a), or undefined.
 * Ids that no task has are passed over. Iterative: a chain of 100,000 tasks must not end in a stack overflow.
 */
export function findCycle(tasks: readonly Node[]): string[] | undefined {
  const waitsFor = new Map(tasks.map((task) => [task.id, task.depends_on]));
  const done = new Set<string>();
  for (const { id } of tasks) {
    const cycle = done.has(id) ? undefined : walkFrom(id, waitsFor, done);
    if (cycle) return cycle;
  }
  return undefined;
}

function walkFrom(
  start: string,
  waitsFor: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): string[] | undefined {
  const path: { id: string; next: number }[] = [{ id: start, next: 0 }];
  const onPath = new Set([start]);
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const next = waitsFor.get(top.id)?.[top.next++];
    if (next === undefined) {
      done.add(top.id);
      onPath.delete(top.id);
      path.pop();
    } else if (onPath.has(next)) {
      const ids = path.map((step) => step.id);
      return [...ids.slice(ids.indexOf(next)), next];
    } else if (waitsFor.has(next) && !done.has(next)) {
      path.push({ id: next, next: 0 });
      onPath.add(next);
    }
  }
  return undefined;
}

/** Edges on the longest chain (a single task: 0). Kahn's order; tasks on a cycle are left out. */
export function depthOf(tasks: readonly Node[]): number {
  const known = new Set(tasks.map((task) => task.id));
  const dependents = new Map<string, string[]>();
  const unmet = new Map<string, number>();
  for (const task of tasks) {
    const needs = new Set(task.depends_on.filter((id) => known.has(id)));
    unmet.set(task.id, needs.size);
    for (const id of needs) {
      const list = dependents.get(id);
      if (list) list.push(task.id);
      else dependents.set(id, [task.id]);
    }
  }
  let level = tasks.filter((task) => unmet.get(task.id) === 0).map((task) => task.id);
  let depth = 0;
  for (; level.length > 0; depth++) level = release(level, dependents, unmet);
  return Math.max(0, depth - 1);
}

/** One level down: the tasks whose last unmet dependency was in `level`. Each task leaves at its own deepest level. */
function release(level: string[], dependents: Map<string, string[]>, unmet: Map<string, number>): string[] {
  const free: string[] = [];
  for (const id of level) {
    for (const dependent of dependents.get(id) ?? []) {
      const left = (unmet.get(dependent) ?? 0) - 1;
      unmet.set(dependent, left);
      if (left === 0) free.push(dependent);
    }
  }
  return free;
}
