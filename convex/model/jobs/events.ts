/** Activity of a job: bounded and normalised; the raw stream stays in files on the runner. */
import { MAX_EVENT_TEXT, MAX_EVENTS_PER_CALL, MAX_EVENTS_PER_JOB, MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { checkNumber, MAX_NAME_CHARS, pageSize } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { checkFence } from "../attempts/fence.ts";
import { findJob } from "../shared/find.ts";
import { forgetLimitOf } from "../health/health.ts";
import type { Fence } from "../shared/workShapes.ts";
import type { Reading, ScopedReading, ScopedTx, Tx } from "../shared/tx.ts";

/** Oldest events dropped in one call at most: somewhat more than a call may add. */
const DROP_BATCH = 2 * MAX_EVENTS_PER_CALL;

/** Kinds of events that only a model which answers brings about. */
const SIGNS_OF_WORK = ["text", "thinking", "tool_start", "tool_end"];

interface NewEvent {
  seq: number;
  at: number;
  kind: string;
  text: string;
}

/** See `work:events`: an event that is known by (job, attempt, seq) is passed over. */
export async function recordEvents(
  ctx: ScopedTx,
  { fence, events }: { fence: Fence; events: NewEvent[] },
): Promise<{ kind: "accepted" | "lease_lost" }> {
  checkEvents(events);
  const held = await checkFence(ctx, fence);
  if (held.kind === "stale") return { kind: "lease_lost" };
  if (held.attempt.probe === true && events.some(({ kind }) => SIGNS_OF_WORK.includes(kind)))
    await proveProbe(ctx, held);
  const job = held.job._id;
  const known = await knownSeqs(ctx, { job, attempt: fence.attempt }, events);
  let ordinal = ((await edgeEvent(ctx, job, "desc"))?.ordinal ?? 0) + 1;
  for (const event of events) {
    if (known.has(event.seq)) continue;
    known.add(event.seq);
    await ctx.db.insert("events", {
      ...event,
      kind: event.kind.slice(0, MAX_NAME_CHARS),
      text: Array.from(event.text).slice(0, MAX_EVENT_TEXT).join(""),
      job,
      attempt: fence.attempt,
      ordinal,
    });
    ordinal += 1;
  }
  await dropOldest(ctx, job, ordinal - 1);
  return { kind: "accepted" };
}

/** The profile works again: the others need not wait for the end of this job, which may be half an hour away. */
async function proveProbe(tx: Tx, { job, attempt }: { job: Doc<"jobs">; attempt: Doc<"attempts"> }) {
  const { profile, startedAt } = attempt;
  if (profile !== undefined) await forgetLimitOf(tx, { namespace: job.namespace, profile, startedAt });
  await tx.db.patch("attempts", attempt._id, { probe: undefined });
}

/** See `events:list`. */
export async function listEvents(
  ctx: ScopedReading,
  args: { job: string; attempt?: number; afterSeq?: number; limit?: number },
) {
  const job = await findJob(ctx, args.job);
  const events = await ctx.db
    .query("events")
    .withIndex("by_seq", (q) =>
      q
        .eq("job", job._id)
        .eq("attempt", args.attempt ?? job.attempt)
        .gt("seq", args.afterSeq ?? -1),
    )
    .take(pageSize(args.limit, MAX_PAGE));
  return events.map(({ attempt, seq, at, kind, text }) => ({ attempt, seq, at, kind, text }));
}

function checkEvents(events: readonly NewEvent[]): void {
  if (events.length > MAX_EVENTS_PER_CALL) {
    fail(
      "LIMIT",
      `events: expected at most ${MAX_EVENTS_PER_CALL} in one call, got ${events.length}: send more calls`,
    );
  }
  for (const { seq } of events) checkNumber(seq, "events.seq", { min: 0, max: Number.MAX_SAFE_INTEGER });
}

async function knownSeqs(
  ctx: Reading,
  { job, attempt }: { job: Id<"jobs">; attempt: number },
  events: readonly NewEvent[],
): Promise<Set<number>> {
  const known = new Set<number>();
  for (const { seq } of events) {
    const row = await ctx.db
      .query("events")
      .withIndex("by_seq", (q) => q.eq("job", job).eq("attempt", attempt).eq("seq", seq))
      .first();
    if (row !== null) known.add(seq);
  }
  return known;
}

async function dropOldest(tx: Tx, job: Id<"jobs">, last: number): Promise<void> {
  const first = (await edgeEvent(tx, job, "asc"))?.ordinal ?? 1;
  const tooMany = last - first + 1 - MAX_EVENTS_PER_JOB;
  if (tooMany <= 0) return;
  const oldest = await tx.db
    .query("events")
    .withIndex("by_ordinal", (q) => q.eq("job", job))
    .take(Math.min(tooMany, DROP_BATCH));
  for (const event of oldest) await tx.db.delete("events", event._id);
}

function edgeEvent(ctx: Reading, job: Id<"jobs">, order: "asc" | "desc"): Promise<Doc<"events"> | null> {
  return ctx.db
    .query("events")
    .withIndex("by_ordinal", (q) => q.eq("job", job))
    .order(order)
    .first();
}
