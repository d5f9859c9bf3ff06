/** What a filter cuts off: a dependency that an earlier run has completed is met, any other is only taken as met. */
import { api } from "../../convex/_generated/api.js";
import type { CutEdge } from "../../domain/taskFile/select.ts";
import type { Backend } from "../backend/client.ts";
import { say } from "../output/print.ts";
import { completedTasks } from "../portfolio/completedTasks.ts";
import type { RunOrder } from "./order.ts";

/** Dependencies that are asked for: with more, the warning counts them and a person looks. */
const MAX_ASKED = 2000;
/** Dependencies that a warning names; the rest is counted. */
const MAX_NAMED = 5;

/** Warns of the dependencies that the filter has cut and that no run of the namespace has completed. */
export async function sayCut(backend: Backend, order: RunOrder): Promise<void> {
  if (order.cut.length === 0) return;
  const done = await completedIds(
    backend,
    order.namespace,
    order.cut.map(({ dependency }) => dependency),
  );
  const text = cutWarning(order.cut.filter(({ dependency }) => !done.has(dependency)));
  if (text !== null) say(`warning: ${text}`);
}

/** The warning of a cut, or null where there is nothing to warn of. */
export function cutWarning(cut: readonly CutEdge[]): string | null {
  if (cut.length === 0) return null;
  const named = cut.slice(0, MAX_NAMED).map(({ task, dependency }) => `${task} → ${dependency}`);
  const more = cut.length > MAX_NAMED ? ` and ${cut.length - MAX_NAMED} more` : "";
  return `the filter leaves dependencies out that no run is known to have completed; they are taken as done: ${named.join(", ")}${more} (--with-deps runs them too)`;
}

async function completedIds(
  backend: Backend,
  namespace: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if ((await backend.query(api.namespaces.get, { namespace })) === null) return new Set();
  const asked = [...new Set(ids)].slice(0, MAX_ASKED);
  const done = await completedTasks({ backend, namespace }, asked);
  return new Set(done.map(({ id }) => id));
}
