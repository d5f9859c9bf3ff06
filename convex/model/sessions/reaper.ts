/** Ends sessions whose lease has lapsed: SPEC.md §5. */
import { IDLE_LEASE_MS } from "../../../domain/limits.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { closeRunsLater } from "../runs/ownRuns.ts";
import { busyLeaseMs, scheduleReap } from "./lease.ts";
import type { Tx } from "../shared/tx.ts";

/** Sessions that the backstop ends in one run; the next run is a minute away. */
const SESSIONS_PER_RUN = 50;

/** The scheduled look at one session: ends it, or comes back at the end of its renewed lease. */
export async function reapSession(
  tx: Tx,
  { session: id, at }: { session: Id<"sessions">; at: number },
): Promise<void> {
  const session = await tx.db.get("sessions", id);
  // Another look has been scheduled for an earlier end since: only one chain goes on, and it ends with the session.
  if (session?.status !== "live" || session.reapAt !== at) return;
  // A timer may fire a moment early by this transaction's clock; `at` is the promise that the time has come.
  if (session.leaseUntil <= Math.max(tx.now, at)) return lapse(tx, session);
  await tx.db.patch("sessions", id, { reapAt: session.leaseUntil });
  await scheduleReap(tx, id, session.leaseUntil);
}

/** The cron's run over all sessions: catches those whose scheduled look was lost. */
export async function reapLapsed(tx: Tx): Promise<void> {
  const lapsed = await tx.db
    .query("sessions")
    .withIndex("by_lease", (q) => q.eq("status", "live").lt("leaseUntil", tx.now))
    .take(SESSIONS_PER_RUN);
  for (const session of lapsed) await lapse(tx, session);
  await shortenImpossible(tx);
}

/**
 * No lease is granted for as long as these still have: the clock was set back since. Runners that live renew in time;
 * the jobs of the others would else be held until the clock is there again.
 */
async function shortenImpossible(tx: Tx): Promise<void> {
  const longest = Math.max(IDLE_LEASE_MS, busyLeaseMs());
  const sessions = await tx.db
    .query("sessions")
    .withIndex("by_lease", (q) => q.eq("status", "live").gt("leaseUntil", tx.now + 2 * longest))
    .take(SESSIONS_PER_RUN);
  for (const { _id } of sessions) await tx.db.patch("sessions", _id, { leaseUntil: tx.now + longest });
}

/** Ends a session; its running jobs are sent back as lost. */
export async function lapse(tx: Tx, session: Doc<"sessions">): Promise<void> {
  await tx.db.patch("sessions", session._id, { status: "lapsed", endedAt: tx.now });
  tx.tasks.push({
    kind: "abandon",
    session: session._id,
    why: "lost",
    reason: "the lease of its runner's session lapsed",
  });
  await closeRunsLater(tx, session);
}
