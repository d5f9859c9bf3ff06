/** What a filter cuts off: a dependency that an earlier run has completed is met, any other is only taken as met. */
import { api } from "../../convex/_generated/api.js";
import { jobKeyOf, taskOfKey } from "../../domain/taskFile/jobKey.ts";
import type { CutEdge } from "../../domain/taskFile/select.ts";
import type { Backend } from "../backend/client.ts";
import { say } from "../output/print.ts";
import type { RunOrder } from "./order.ts";

/** Keys in one call: what `jobs:completed` takes. */
const KEYS_PER_CALL = 100;
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
  const done = new Set<string>();
  const keys = [...new Set(ids)].slice(0, MAX_ASKED).map(jobKeyOf);
  if ((await backend.query(api.namespaces.get, { namespace })) === null) return done;
  for (let at = 0; at < keys.length; at += KEYS_PER_CALL) {
    const page = keys.slice(at, at + KEYS_PER_CALL);
    for (const { key } of await backend.query(api.jobs.completed, { namespace, keys: page }))
      done.add(taskOfKey(key).id);
  }
  return done;
}
