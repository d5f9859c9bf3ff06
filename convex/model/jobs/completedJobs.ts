import { v, type Infer } from "convex/values";
import { jobHandle } from "../../../domain/handle.ts";
import { checkNames } from "../shared/checks.ts";
import type { ScopedReading } from "../shared/tx.ts";

/** Keys in one call. */
const MAX_KEYS = 500;
/** Jobs that one key is looked for in, newest first: a task that ran more often is looked at where it ran last. */
const MAX_JOBS_PER_KEY = 16;

export const vCompletedJob = v.object({
  key: v.string(),
  handle: v.string(),
  repo: v.optional(v.string()),
  settledAt: v.number(),
});

/** See `jobs:completed`. */
export async function completedJobs(
  ctx: ScopedReading,
  { keys }: { keys: string[] },
): Promise<Infer<typeof vCompletedJob>[]> {
  checkNames(keys, "keys", MAX_KEYS);
  const found = await Promise.all(keys.map((key) => completedOf(ctx, key)));
  return found.flat();
}

/** One row per repo: the same task id may stand for work in several repos, in files of different people. */
async function completedOf({ db, namespace }: ScopedReading, key: string) {
  const jobs = await db
    .query("jobs")
    .withIndex("by_key", (q) => q.eq("namespace", namespace._id).eq("key", key))
    .order("desc")
    .take(MAX_JOBS_PER_KEY);
  // Below the key the index sorts by assignment, whose ids are random.
  const rows = jobs
    .filter(({ status }) => status === "complete")
    .sort((a, b) => b._creationTime - a._creationTime)
    .map((job) => ({
      ...{ key, handle: jobHandle(job), settledAt: job.settledAt ?? job._creationTime },
      ...(job.repo === undefined ? {} : { repo: job.repo }),
    }));
  return rows.filter((row, i) => rows.findIndex(({ repo }) => repo === row.repo) === i);
}
