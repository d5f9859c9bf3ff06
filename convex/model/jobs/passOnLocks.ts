/**
 * A reservation serves nobody while its holder waits for a runner that does not exist. Without this, one job for a
 * harness that no machine has would keep its repo from all the others for ever. SPEC.md §4.
 */
import { makeFunctionReference } from "convex/server";
import type { Doc } from "../../_generated/dataModel.js";
import { runnerCauses } from "./causesOfReady.ts";
import { servingRunners, type Serving } from "../sessions/runners.ts";
import type { Tx } from "../shared/tx.ts";
import { setGate } from "../readiness/setGate.ts";

/** Locks that one transaction looks at. */
const LOCKS_PER_RUN = 100;
/** Jobs that wait for one lock and are asked, most urgent first, whether a runner can take them. */
const WAITERS_PER_LOCK = 10;

const passOn = makeFunctionReference<"mutation", { cursor: string | null }, null>("locks:passOn");

/** Gives each lock whose ready holder no live runner can take to the first waiter that one can take. */
export async function passOnLocks(tx: Tx, { cursor }: { cursor: string | null }): Promise<null> {
  const { page, isDone, continueCursor } = await tx.db
    .query("locks")
    .paginate({ cursor, numItems: LOCKS_PER_RUN });
  const fleets = new Map<string, Promise<Serving[]>>();
  for (const lock of page) {
    const fleet = fleets.get(lock.namespace) ?? servingRunners(tx, lock.namespace);
    fleets.set(lock.namespace, fleet);
    await passOnLock(tx, lock, await fleet);
  }
  if (!isDone) await tx.scheduler.runAfter(0, passOn, { cursor: continueCursor });
  return null;
}

async function passOnLock(tx: Tx, lock: Doc<"locks">, fleet: Serving[]): Promise<void> {
  const holder = await tx.db.get("jobs", lock.job);
  if (holder?.gate !== "ready") return;
  const waiters = await tx.db
    .query("jobs")
    .withIndex("by_lock", (q) => q.eq("namespace", lock.namespace).eq("lockKey", lock.key).eq("gate", "lock"))
    .take(WAITERS_PER_LOCK);
  if (waiters.length === 0 || (await isServed(tx, holder, fleet))) return;
  for (const waiter of waiters) {
    if (!(await isServed(tx, waiter, fleet))) continue;
    await tx.db.patch("locks", lock._id, { job: waiter._id });
    await setGate(tx, holder, ["lock"]);
    await setGate(tx, waiter, []);
    return;
  }
}

async function isServed(tx: Tx, job: Doc<"jobs">, fleet: Serving[]): Promise<boolean> {
  return (await runnerCauses(tx, job, fleet)).length === 0;
}
