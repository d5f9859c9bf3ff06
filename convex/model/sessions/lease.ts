/** A session's lease: how long it is, and the one reaper that is scheduled for its end. SPEC.md §5. */
import { makeFunctionReference } from "convex/server";
import { DEFAULT_LEASE_MS, IDLE_LEASE_MS } from "../../../domain/limits.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";

/** Renewals per lease: two may be lost before the lease is. */
const RENEWALS_PER_LEASE = 3;

const reap = makeFunctionReference<"mutation", { session: Id<"sessions">; at: number }, null>(
  "sessions:reap",
);

export interface Lease {
  leaseUntil: number;
  renewInMs: number;
}

/** Length of the lease of a session with running jobs, ms. */
export function busyLeaseMs(): number {
  // eslint-disable-next-line @convex-dev/no-process-env -- typed `env` needs convex.config.ts, which older self-hosted backends lack
  const configured = Number(process.env.DROVER_LEASE_MS);
  return Number.isFinite(configured) && configured >= 1000 ? configured : DEFAULT_LEASE_MS;
}

/** The lease of a session that renews now. One without running jobs renews seldom, because calls cost money. */
export function leaseFrom(now: number, busy: boolean): Lease {
  const length = busy ? busyLeaseMs() : Math.max(IDLE_LEASE_MS, busyLeaseMs());
  return { leaseUntil: now + length, renewInMs: Math.floor(length / RENEWALS_PER_LEASE) };
}

/** The first claim of an idle session makes its lease the short one, so that its job is not lost for long. */
export async function shortenLease(tx: Tx, session: Doc<"sessions">): Promise<Lease> {
  const lease = leaseFrom(tx.now, true);
  if (session.busy) return { ...lease, leaseUntil: session.leaseUntil };
  const leaseUntil = Math.min(session.leaseUntil, lease.leaseUntil);
  const reapAt = Math.min(session.reapAt, leaseUntil);
  await tx.db.patch("sessions", session._id, { busy: true, leaseUntil, reapAt });
  if (reapAt < session.reapAt) await scheduleReap(tx, session._id, reapAt);
  return { ...lease, leaseUntil };
}

/** Schedules the look at a session; only the one whose time the session's `reapAt` names does anything. */
export async function scheduleReap(tx: Tx, session: Id<"sessions">, at: number): Promise<void> {
  await tx.scheduler.runAt(at, reap, { session, at });
}
