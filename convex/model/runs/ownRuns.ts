/**
 * Runs that one process serves alone: nobody else looks into their pool. When that process is gone for good, what is
 * left of them must not stay in the queue, where it would hold the locks of repos for ever.
 */
import { makeFunctionReference } from "convex/server";
import { runOfPool } from "../../../domain/runHold.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { moveAssignment } from "../assignments/assignmentState.ts";
import type { Tx } from "../shared/tx.ts";

/** How long a process may be away (a laptop that slept, a lost connection) before its run is given up, ms. */
const GRACE_MS = 60_000;

const closeLater = makeFunctionReference<"mutation", { session: Id<"sessions"> }, null>("sessions:closeRuns");

/** Looks a while after the end of a session whether its runner came back for the runs that only it can serve. */
export async function closeRunsLater(tx: Tx, session: Doc<"sessions">): Promise<void> {
  if (!session.pools.some((pool) => runOfPool(pool) !== undefined)) return;
  await tx.scheduler.runAfter(GRACE_MS, closeLater, { session: session._id });
}

/** Cancels what is open of the runs that only an ended session served, unless a live one of its runner serves them. */
export async function closeRuns(tx: Tx, session: Doc<"sessions">): Promise<void> {
  const live = await tx.db
    .query("sessions")
    .withIndex("by_runner", (q) => q.eq("runner", session.runner).eq("status", "live"))
    .order("desc")
    .first();
  const left = session.pools.filter((pool) => live?.pools.includes(pool) !== true);
  for (const id of left.map(runOfPool)) {
    if (id === undefined) continue;
    for (const name of session.namespaces) await closeRun(tx, name, id);
  }
}

async function closeRun(tx: Tx, namespace: string, key: string): Promise<void> {
  const place = await tx.db
    .query("namespaces")
    .withIndex("by_name", (q) => q.eq("name", namespace))
    .unique();
  const run =
    place &&
    (await tx.db
      .query("runs")
      .withIndex("by_key", (q) => q.eq("namespace", place._id).eq("key", key))
      .first());
  const assignment = run && (await tx.db.get("assignments", run.assignment));
  if (assignment === null || assignment === undefined || assignment.endedAt !== undefined) return;
  await moveAssignment(tx, assignment, { to: "canceled" });
}
