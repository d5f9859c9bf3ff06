/**
 * Locks are reservations: of the otherwise eligible jobs with one key exactly one holds the row and is ready, the
 * others stand at the gate `lock`. SPEC.md §4.
 */
import { compareRank } from "../../../domain/gate.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { setGate } from "./setGate.ts";
import type { Reading, Tx } from "../shared/tx.ts";

/** True when the job may go on as far as its lock is concerned: it has none, holds it, or takes it now. */
export async function takeLock(tx: Tx, job: Doc<"jobs">): Promise<boolean> {
  if (job.lockKey === undefined) return true;
  const row = await lockRow(tx, job.namespace, job.lockKey);
  if (row === null) {
    await tx.db.insert("locks", { namespace: job.namespace, key: job.lockKey, job: job._id });
    return true;
  }
  if (row.job === job._id) return true;
  const holder = await tx.db.get("jobs", row.job);
  if (holder?.gate === "ready" && compareRank(holder, job) <= 0) return false;
  if (holder?.status === "running") return false;
  await tx.db.patch("locks", row._id, { job: job._id });
  // A more urgent job takes the reservation from one that has not started.
  if (holder?.gate === "ready") await setGate(tx, holder, ["lock"]);
  return true;
}

/** Gives the job's reservation, if it has one, to the most urgent waiter. */
export async function releaseLock(tx: Tx, job: Doc<"jobs">): Promise<void> {
  if (job.lockKey === undefined) return;
  const row = await lockRow(tx, job.namespace, job.lockKey);
  if (row?.job !== job._id) return;
  const next = await nextWaiter(tx, job.namespace, job.lockKey);
  if (next === null) {
    await tx.db.delete("locks", row._id);
    return;
  }
  await tx.db.patch("locks", row._id, { job: next._id });
  await setGate(tx, next, []);
}

/** True when the job needs no lock or its row names it: what a claim checks again. */
export async function holdsLock(ctx: Reading, job: Doc<"jobs">): Promise<boolean> {
  if (job.lockKey === undefined) return true;
  return (await lockRow(ctx, job.namespace, job.lockKey))?.job === job._id;
}

/** The row of a key, or null when nobody wants it. */
export function lockRow(
  ctx: Reading,
  namespace: Doc<"namespaces">["_id"],
  key: string,
): Promise<Doc<"locks"> | null> {
  return ctx.db
    .query("locks")
    .withIndex("by_key", (q) => q.eq("namespace", namespace).eq("key", key))
    .unique();
}

/** The most urgent job at the gate `lock` of a key. */
export function nextWaiter(
  ctx: Reading,
  namespace: Doc<"namespaces">["_id"],
  key: string,
): Promise<Doc<"jobs"> | null> {
  return ctx.db
    .query("jobs")
    .withIndex("by_lock", (q) => q.eq("namespace", namespace).eq("lockKey", key).eq("gate", "lock"))
    .first();
}
