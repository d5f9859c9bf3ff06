/** Ended assignments that are too old, or too many: found in the order of an index, removed batch by batch. */
import { literals } from "convex-helpers/validators";
import { makeFunctionReference } from "convex/server";
import { type Infer, v } from "convex/values";
import { TERMINAL_ASSIGNMENT_STATES } from "../../../domain/assignmentState.ts";
import { DAY_MS, type RetentionInForce, retentionInForce } from "../../../domain/retention.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import type { Reading, Tx } from "../shared/tx.ts";
import { BUDGET, PAUSE_MS } from "./budget.ts";
import { removeAssignment } from "./removeAssignment.ts";

/**
 * `age` walks by the time of the end, the others by number through one terminal state: what is beyond the count that
 * is kept lies at the front of each, so nothing that stays is read again and again.
 */
export const LANES = ["age", ...TERMINAL_ASSIGNMENT_STATES] as const;
export type Lane = (typeof LANES)[number];

export const vPlace = v.object({
  lane: literals(...LANES),
  /** End time or number of the last assignment of the lane that is dealt with. */
  after: v.number(),
  /** Number of the last job that is dealt with of the one after it. */
  job: v.number(),
});
type Place = Infer<typeof vPlace>;
type Args = {
  namespace: Id<"namespaces">;
  place: Place;
  /** End of this sweep, ms since the epoch. */
  until: number;
};

const again = makeFunctionReference<"mutation", Args, null>("retention:finished");

/** See `retention:finished`. */
export async function removeFinished(tx: Tx, { namespace: id, place, until }: Args): Promise<void> {
  const namespace = await tx.db.get("namespaces", id);
  if (namespace === null) return;
  const rule = await ruleOf(tx, namespace);
  const budget = { left: BUDGET };
  let { after, job } = place;
  for (;;) {
    const assignment = await nextOf(tx, rule, { lane: place.lane, after });
    if (assignment === null) return;
    const progress = await removeAssignment(tx, assignment, { after: job, budget });
    if (progress.kind === "done") {
      after = place.lane === "age" ? (assignment.endedAt ?? 0) : assignment.number;
      job = -1;
    } else job = progress.job;
    if (budget.left > 0 && progress.kind === "done") continue;
    const rest = { namespace: id, place: { lane: place.lane, after, job }, until };
    if (tx.now < until) await tx.scheduler.runAfter(PAUSE_MS, again, rest);
    return;
  }
}

/** The lanes of a namespace in which something is to be removed. */
export async function dueLanes(tx: Tx, namespace: Doc<"namespaces">): Promise<Lane[]> {
  const rule = await ruleOf(tx, namespace);
  const due: Lane[] = [];
  for (const lane of LANES) if ((await nextOf(tx, rule, { lane, after: -1 })) !== null) due.push(lane);
  return due;
}

interface Rule {
  namespace: Id<"namespaces">;
  /** The newest assignment: it stays, because the next number is counted from it. */
  newest: number;
  /** Ended before this time: too old. */
  endedBefore: number;
  /** Numbers up to this one: too many. */
  upTo: number;
}

async function ruleOf(tx: Tx, namespace: Doc<"namespaces">): Promise<Rule> {
  const { finishedDays, finishedAssignments } = deploymentRetention(namespace);
  const newest = await tx.db
    .query("assignments")
    .withIndex("by_number", (q) => q.eq("namespace", namespace._id))
    .order("desc")
    .first();
  const number = newest?.number ?? 0;
  return {
    namespace: namespace._id,
    newest: number,
    endedBefore: tx.now - finishedDays * DAY_MS,
    upTo: number - Math.max(1, finishedAssignments),
  };
}

/** What is in force for a namespace (null: for what belongs to none). */
export function deploymentRetention(namespace: Doc<"namespaces"> | null): RetentionInForce {
  // eslint-disable-next-line @convex-dev/no-process-env -- typed `env` needs convex.config.ts, which older self-hosted backends lack
  return retentionInForce(namespace?.retention ?? {}, process.env.DROVER_RETENTION);
}

async function nextOf(
  { db }: Reading,
  rule: Rule,
  { lane, after }: Pick<Place, "lane" | "after">,
): Promise<Doc<"assignments"> | null> {
  if (lane !== "age") {
    return db
      .query("assignments")
      .withIndex("by_status", (q) =>
        q.eq("namespace", rule.namespace).eq("status", lane).gt("number", after).lte("number", rule.upTo),
      )
      .first();
  }
  const byEnd = (from: number) =>
    db
      .query("assignments")
      .withIndex("by_ended", (q) =>
        q.eq("namespace", rule.namespace).gt("endedAt", from).lt("endedAt", rule.endedBefore),
      )
      .first();
  const found = await byEnd(after);
  return found?.number === rule.newest ? byEnd(found.endedAt ?? 0) : found;
}
