import { makeFunctionReference } from "convex/server";
import type { Id } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";
import { PAUSE_MS, SWEEP_MS } from "./budget.ts";
import { dueLanes, type Lane } from "./finished.ts";
import { removePastLimits } from "./fleet.ts";

/** Namespaces that one transaction looks at: a few index reads each. */
const NAMESPACES_PER_RUN = 50;

type FinishedArgs = {
  namespace: Id<"namespaces">;
  place: { lane: Lane; after: number; job: number };
  until: number;
};
const finished = makeFunctionReference<"mutation", FinishedArgs, null>("retention:finished");
const fleet = makeFunctionReference<"mutation", { until: number }, null>("retention:fleet");
const sweep = makeFunctionReference<"mutation", { after?: string }, null>("retention:sweep");

/**
 * See `retention:sweep`. Calls cost money on Convex Cloud, so only what has something to remove is started.
 * @param after name of the last namespace that an earlier part of this sweep has seen
 */
export async function sweepNamespaces(tx: Tx, after: string | undefined): Promise<void> {
  const until = tx.now + SWEEP_MS;
  if (after === undefined) await tx.scheduler.runAfter(0, fleet, { until });
  const namespaces = await tx.db
    .query("namespaces")
    .withIndex("by_name", (q) => q.gt("name", after ?? ""))
    .take(NAMESPACES_PER_RUN);
  for (const namespace of namespaces) {
    await removePastLimits(tx, namespace._id);
    for (const lane of await dueLanes(tx, namespace)) {
      const place = { lane, after: -1, job: -1 };
      await tx.scheduler.runAfter(PAUSE_MS, finished, { namespace: namespace._id, place, until });
    }
  }
  const last = namespaces.at(-1);
  if (namespaces.length === NAMESPACES_PER_RUN && last !== undefined) {
    await tx.scheduler.runAfter(PAUSE_MS, sweep, { after: last.name });
  }
}
