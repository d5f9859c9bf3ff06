import { MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { findSession } from "../shared/find.ts";
import type { Authorized, Reading } from "../shared/tx.ts";

/** What a runner must do now. */
export interface Orders {
  alive: boolean;
  drain: boolean;
  cancel: { job: string; attempt: number }[];
}

/** See `sessions:orders`. */
export async function ordersOf(ctx: Reading & Authorized, args: { session: string }): Promise<Orders> {
  return ordersFor(ctx, await findSession(ctx, args.session));
}

/** The orders of a session; of one that has ended: stop everything. */
export async function ordersFor(ctx: Reading, session: Doc<"sessions">): Promise<Orders> {
  const jobs = await ctx.db
    .query("jobs")
    .withIndex("by_session", (q) =>
      q.eq("session", session._id).eq("status", "running").eq("cancelRequested", true),
    )
    .take(MAX_PAGE);
  return {
    alive: session.status === "live",
    drain: session.draining,
    cancel: jobs.map(({ _id, attempt }) => ({ job: _id, attempt })),
  };
}
