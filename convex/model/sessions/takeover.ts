import { jobHandle } from "../../../domain/handle.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { attemptOf } from "../shared/attemptOf.ts";
import type { Tx } from "../shared/tx.ts";

/** Jobs that a session takes over: what one session may hold at most. */
const MAX_HELD = 1000;

/** A job that a restarted runner goes on with. */
export interface Held {
  job: string;
  handle: string;
  namespace: string;
  attempt: number;
}

/**
 * Hands the running jobs of an earlier session to a new one of the same runner, under the same attempt numbers: the
 * agents may still live, and what they finish is theirs. What the new session does not serve goes back to the queue.
 */
export async function takeOver(
  tx: Tx,
  before: Doc<"sessions">,
  { session, namespaces }: { session: Id<"sessions">; namespaces: readonly Doc<"namespaces">[] },
): Promise<Held[]> {
  await tx.db.patch("sessions", before._id, { status: "ended", endedAt: tx.now, successor: session });
  const running = await tx.db
    .query("jobs")
    .withIndex("by_session", (q) => q.eq("session", before._id).eq("status", "running"))
    .take(MAX_HELD);
  const held: Held[] = [];
  for (const job of running) {
    const namespace = namespaces.find(({ _id }) => _id === job.namespace);
    if (namespace === undefined) continue;
    await handOver(tx, job, session);
    held.push({ job: job._id, handle: jobHandle(job), namespace: namespace.name, attempt: job.attempt });
  }
  tx.tasks.push({
    kind: "abandon",
    session: before._id,
    why: "interrupted",
    reason: "its runner was restarted without this namespace",
  });
  return held;
}

async function handOver(tx: Tx, job: Doc<"jobs">, session: Id<"sessions">): Promise<void> {
  await tx.db.patch("jobs", job._id, { session });
  const attempt = await attemptOf(tx, job);
  if (attempt !== null) await tx.db.patch("attempts", attempt._id, { session });
}
