import { jobHandle } from "../../../domain/handle.ts";
import { READY_WINDOW } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { grantsPool } from "../access/caller.ts";
import { fail } from "../shared/fail.ts";
import type { Rank } from "../shared/shapes.ts";
import type { ScopedReading } from "../shared/tx.ts";

/** See `scheduler:ready`: the same result for every runner of a pool, so that they share one evaluation. */
export async function readyWindow(ctx: ScopedReading, { pool, after }: { pool: string; after?: Rank }) {
  if (!grantsPool(ctx.caller, pool)) {
    fail(
      "NOT_ALLOWED",
      `pool ${JSON.stringify(pool)} is not granted by this token: use one of its pools, or another token`,
    );
  }
  if (ctx.namespace.paused) return [];
  const jobs = after === undefined ? await fromStart(ctx, pool) : await beyond(ctx, pool, after);
  return jobs.map(({ _id, type, cascade, priority, assignmentNumber, number, repo }) => ({
    id: _id,
    handle: jobHandle({ assignmentNumber, number }),
    type,
    cascade,
    priority,
    assignmentNumber,
    number,
    ...(repo === undefined ? {} : { repo }),
  }));
}

function fromStart({ db, namespace }: ScopedReading, pool: string): Promise<Doc<"jobs">[]> {
  return db
    .query("jobs")
    .withIndex("by_ready", (q) => q.eq("namespace", namespace._id).eq("pool", pool).eq("ready", true))
    .take(READY_WINDOW);
}

/** What ranks behind `after`: the rest of its assignment, of its priority, and all that is less urgent. */
async function beyond({ db, namespace }: ScopedReading, pool: string, after: Rank): Promise<Doc<"jobs">[]> {
  const jobs = () => db.query("jobs");
  const { priority, assignmentNumber, number } = after;
  const ranges = [
    jobs().withIndex("by_ready", (q) =>
      q
        .eq("namespace", namespace._id)
        .eq("pool", pool)
        .eq("ready", true)
        .eq("priority", priority)
        .eq("assignmentNumber", assignmentNumber)
        .gt("number", number),
    ),
    jobs().withIndex("by_ready", (q) =>
      q
        .eq("namespace", namespace._id)
        .eq("pool", pool)
        .eq("ready", true)
        .eq("priority", priority)
        .gt("assignmentNumber", assignmentNumber),
    ),
    jobs().withIndex("by_ready", (q) =>
      q.eq("namespace", namespace._id).eq("pool", pool).eq("ready", true).gt("priority", priority),
    ),
  ];
  const window: Doc<"jobs">[] = [];
  for (const range of ranges) {
    if (window.length < READY_WINDOW) window.push(...(await range.take(READY_WINDOW - window.length)));
  }
  return window;
}
