/** Old rows that belong to no assignment: activity, ended sessions, their runners, expired tokens, past limits. */
import { makeFunctionReference } from "convex/server";
import { DAY_MS } from "../../../domain/retention.ts";
import type { Id } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";
import { type Budget, BUDGET, CHUNK, PAUSE_MS } from "./budget.ts";
import { deploymentRetention } from "./finished.ts";

/** Rows of a runner's namespaces. */
const MAX_SERVES = 200;

const again = makeFunctionReference<"mutation", { until: number }, null>("retention:fleet");

/** See `retention:fleet`; comes back while there is more, up to `until` (ms since the epoch). */
export async function removeOldOfFleet(tx: Tx, { until }: { until: number }): Promise<void> {
  const { eventsDays, sessionsDays } = deploymentRetention(null);
  const budget = { left: BUDGET };
  await removeOldEvents(tx, tx.now - eventsDays * DAY_MS, budget);
  const before = tx.now - sessionsDays * DAY_MS;
  await removeExpiredTokens(tx, before, budget);
  for (const status of ["ended", "lapsed"] as const) {
    if (budget.left > 0) await removeSessions(tx, { status, before, budget });
  }
  if (budget.left <= 0 && tx.now < until) await tx.scheduler.runAfter(PAUSE_MS, again, { until });
}

/** Oldest first over all jobs: within a job its ordinals go on to be without a gap. */
async function removeOldEvents(tx: Tx, before: number, budget: Budget): Promise<void> {
  const rows = await tx.db
    .query("events")
    .withIndex("by_creation_time", (q) => q.lt("_creationTime", before))
    .take(BUDGET);
  for (const { _id } of rows) await tx.db.delete("events", _id);
  budget.left -= rows.length;
}

async function removeExpiredTokens(tx: Tx, before: number, budget: Budget): Promise<void> {
  const rows = await tx.db
    .query("accessTokens")
    .withIndex("by_expiry", (q) => q.lt("expiresAt", before))
    .take(CHUNK);
  for (const { _id } of rows) await tx.db.delete("accessTokens", _id);
  budget.left -= rows.length;
}

/** Limits and absences of profiles that are past: kept until now for the count of hits in a row. */
export async function removePastLimits(tx: Tx, namespace: Id<"namespaces">): Promise<void> {
  const before = tx.now - deploymentRetention(null).sessionsDays * DAY_MS;
  const rows = await tx.db
    .query("harnessHealth")
    .withIndex("by_active", (q) => q.eq("namespace", namespace).eq("active", false))
    .take(CHUNK);
  for (const { _id, at } of rows) if (at < before) await tx.db.delete("harnessHealth", _id);
}

/** A session's end is at most one lease away from its `leaseUntil`. */
async function removeSessions(
  tx: Tx,
  { status, before, budget }: { status: "ended" | "lapsed"; before: number; budget: Budget },
): Promise<void> {
  const sessions = await tx.db
    .query("sessions")
    .withIndex("by_lease", (q) => q.eq("status", status).lt("leaseUntil", before))
    .take(CHUNK);
  for (const session of sessions) {
    await tx.db.delete("sessions", session._id);
    await removeIdleRunner(tx, session.runner, budget);
    budget.left -= 1;
  }
  if (sessions.length === CHUNK) budget.left = 0;
}

/** The last session of a runner takes it along. */
async function removeIdleRunner(tx: Tx, runner: Id<"runners">, budget: Budget): Promise<void> {
  const other = await tx.db
    .query("sessions")
    .withIndex("by_runner", (q) => q.eq("runner", runner))
    .first();
  if (other !== null) return;
  const serves = await tx.db
    .query("serves")
    .withIndex("by_runner", (q) => q.eq("runner", runner))
    .take(MAX_SERVES);
  for (const { _id } of serves) await tx.db.delete("serves", _id);
  await tx.db.delete("runners", runner);
  budget.left -= serves.length + 1;
}
