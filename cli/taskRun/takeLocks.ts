import { api } from "../../convex/_generated/api.js";
import type { FollowOptions } from "./followOptions.ts";

/** Locks that one look asks about: the rest comes with the next look. */
const LOCKS_PER_LOOK = 3;

/**
 * A job that no live runner can take keeps the lock of its repo reserved. Where only such a reservation is in the way
 * of this run, the lock is given to the waiting task; the other job stays next in line.
 */
export async function takeLocks({ backend, order, model, log }: FollowOptions): Promise<void> {
  const { status } = model;
  if (status === null) return;
  const own = new Set([...status.running, ...status.ready].map(({ lockKey }) => lockKey));
  const waiting = new Map<string, string>();
  for (const { handle, lockKey } of status.locked)
    if (lockKey !== undefined && !own.has(lockKey) && !waiting.has(lockKey)) waiting.set(lockKey, handle);
  const { namespace } = order;
  for (const [lockKey, handle] of [...waiting].slice(0, LOCKS_PER_LOOK)) {
    const { causes } = await backend.query(api.jobs.explain, { namespace, job: handle });
    const holder = causes.find(({ reason }) => reason === "lock")?.handle;
    if (holder === undefined) continue;
    const held = await backend.query(api.jobs.explain, { namespace, job: holder });
    if (held.state !== "pending" || !held.causes.some(({ reason }) => reason === "runner")) continue;
    await backend.mutation(api.locks.release, { namespace, key: lockKey, to: handle });
    log(`took the lock ${lockKey} from ${holder}, which no live runner can take`);
  }
}
