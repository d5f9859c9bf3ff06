/** What agents did last, for live screens: one small row per job, asked for now and then instead of subscribed to. */
import { ACTION_TEXT_CHARS, MAX_LOOKED_AT } from "../../../domain/limits.ts";
import { lastAction } from "../../../domain/lastAction.ts";
import { fail } from "../shared/fail.ts";
import { findJob } from "../shared/find.ts";
import type { ScopedReading } from "../shared/tx.ts";
import { firstLine } from "../../../domain/text.ts";

/** Events of one job that are looked through for something that says more than "a tool has answered". */
const LOOK_BACK = 8;

/** See `events:latest`: jobs that have not told anything under their present attempt are left out. */
export async function latestEvents(ctx: ScopedReading, { jobs }: { jobs: string[] }) {
  if (jobs.length > MAX_LOOKED_AT)
    fail("LIMIT", `jobs: expected at most ${MAX_LOOKED_AT} in one call, got ${jobs.length}: ask for fewer`);
  const found = await Promise.all(jobs.map((ref) => latestOf(ctx, ref)));
  return found.filter((one) => one !== null);
}

async function latestOf(ctx: ScopedReading, ref: string) {
  const job = await findJob(ctx, ref);
  const events = await ctx.db
    .query("events")
    .withIndex("by_seq", (q) => q.eq("job", job._id).eq("attempt", job.attempt))
    .order("desc")
    .take(LOOK_BACK);
  const action = lastAction(events);
  if (action === undefined) return null;
  const { kind, text } = action;
  return { job: ref, at: events[0]?.at ?? action.at, kind, text: firstLine(text, ACTION_TEXT_CHARS) };
}
