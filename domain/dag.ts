/** Graph rules of one insert call: its jobs are nodes 0..n-1, an edge [from, to] says that `to` waits for `from`. */

export type Edge = readonly [from: number, to: number];

/** A circle among the edges as a path whose first node is also its last, or null. */
export function findCycle(count: number, edges: readonly Edge[]): number[] | null {
  const blocked = new Set(leftAfterPeeling(count, edges));
  const start = blocked.values().next();
  if (start.done === true) return null;
  // Every node that is left waits for another one that is left, so walking back must meet itself.
  const path = [start.value];
  for (;;) {
    const node = path[path.length - 1] ?? start.value;
    const before = edges.find(([from, to]) => to === node && blocked.has(from))?.[0] ?? node;
    const seen = path.indexOf(before);
    if (seen >= 0) return [before, ...path.slice(seen).reverse()];
    path.push(before);
  }
}

/** Takes nodes away that wait for nothing, until none is left that can be; gives the rest. */
function leftAfterPeeling(count: number, edges: readonly Edge[]): number[] {
  const waits = new Array<number>(count).fill(0);
  const next = new Map<number, number[]>();
  for (const [from, to] of edges) {
    waits[to] = (waits[to] ?? 0) + 1;
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const free = waits.flatMap((n, node) => (n === 0 ? [node] : []));
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    for (const to of next.get(node) ?? []) {
      waits[to] = (waits[to] ?? 0) - 1;
      if (waits[to] === 0) free.push(to);
    }
  }
  return waits.flatMap((n, node) => (n > 0 ? [node] : []));
}

/**
 * The last jobs of what follows `starts`: those reachable from them (themselves included) to which nothing further
 * of the same call is attached. In a splice X → new → old, the old successors wait for exactly these.
 */
export function sinksFrom(starts: readonly number[], edges: readonly Edge[]): number[] {
  const reached = new Set<number>();
  const unvisited = [...starts];
  for (let node = unvisited.pop(); node !== undefined; node = unvisited.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    for (const [from, to] of edges) if (from === node) unvisited.push(to);
  }
  return [...reached].filter((node) => !edges.some(([from]) => from === node)).sort((a, b) => a - b);
}
