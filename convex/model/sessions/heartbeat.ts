import type { Doc } from "../../_generated/dataModel.js";
import { findSession } from "../shared/find.ts";
import { leaseFrom, scheduleReap } from "./lease.ts";
import { ordersFor, type Orders } from "./orders.ts";
import { interrupt } from "../attempts/setback.ts";
import type { Authorized, Tx } from "../shared/tx.ts";

/** Running jobs of a session that a heartbeat compares: more than one session may hold. */
const MAX_RUNNING = 1000;

type Args = {
  session: string;
  running: { job: string; attempt: number }[];
};

type Result = { kind: "renewed"; leaseUntil: number; renewInMs: number; orders: Orders } | { kind: "lost" };

/** See `sessions:heartbeat`. A lease that has run out but was not acted upon yet is renewed: nobody else has its jobs. */
export async function renewLease(ctx: Tx & Authorized, args: Args): Promise<Result> {
  const session = await findSession(ctx, args.session);
  if (session.status !== "live") return { kind: "lost" };
  const busy = await dropUnknown(ctx, session, args.running);
  const { leaseUntil, renewInMs } = leaseFrom(ctx.now, busy);
  const reapAt = Math.min(session.reapAt, leaseUntil);
  await ctx.db.patch("sessions", session._id, { busy, leaseUntil, reapAt, lastBeatAt: ctx.now });
  if (reapAt < session.reapAt) await scheduleReap(ctx, session._id, reapAt);
  return { kind: "renewed", leaseUntil, renewInMs, orders: await ordersFor(ctx, session) };
}

/**
 * Sends back what the backend thinks the session runs and the runner does not know of: a claim whose answer was
 * lost. Only claims older than the last heartbeat count, because a younger one's answer may be on its way.
 * @returns whether a job is left running
 */
async function dropUnknown(
  tx: Tx,
  session: Doc<"sessions">,
  running: readonly { job: string; attempt: number }[],
): Promise<boolean> {
  const known = new Set(running.map(({ job }) => job));
  const jobs = await tx.db
    .query("jobs")
    .withIndex("by_session", (q) => q.eq("session", session._id).eq("status", "running"))
    .take(MAX_RUNNING);
  const unknown = jobs.filter((job) => !known.has(job._id) && (job.startedAt ?? 0) < session.lastBeatAt);
  for (const job of unknown)
    await interrupt(tx, job, "its runner does not know of it: the answer to the claim was lost");
  return jobs.length > unknown.length;
}
