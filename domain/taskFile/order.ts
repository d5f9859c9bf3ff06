type Node = { id: string; priority: number; depends_on: readonly string[] };

/**
 * The order in which tasks would start one after the other: dependencies first, then priority (lower first), then id.
 * Expects a list without a cycle; ids that no task has are passed over.
 */
export function startOrder<T extends Node>(tasks: readonly T[]): T[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const unmet = new Map<string, number>();
  const dependents = new Map<string, T[]>();
  for (const task of tasks) {
    const needs = new Set(task.depends_on.filter((id) => byId.has(id)));
    unmet.set(task.id, needs.size);
    for (const id of needs) {
      const list = dependents.get(id);
      if (list) list.push(task);
      else dependents.set(id, [task]);
    }
  }
  // Last first, so that the next one is taken from the end.
  const free = tasks.filter(({ id }) => unmet.get(id) === 0).sort((a, b) => compare(b, a));
  const order: T[] = [];
  for (let task = free.pop(); task !== undefined; task = free.pop()) {
    order.push(task);
    for (const dependent of dependents.get(task.id) ?? []) {
      const left = (unmet.get(dependent.id) ?? 0) - 1;
      unmet.set(dependent.id, left);
      if (left === 0) free.splice(placeOf(free, dependent), 0, dependent);
    }
  }
  return order;
}

function compare(a: Node, b: Node): number {
  return a.priority - b.priority || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Where `node` belongs in a list that is sorted last first. */
function placeOf(list: readonly Node[], node: Node): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(list[middle] as Node, node) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
