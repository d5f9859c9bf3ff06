import { v, type Infer } from "convex/values";
import { jobHandle } from "../../../domain/handle.ts";
import { checkNames } from "../shared/checks.ts";
import type { ScopedReading } from "../shared/tx.ts";

/** Keys in one call. */
const MAX_KEYS = 100;
/** Jobs that one key is looked for in: a task that ran more often in what retention has left is rare. */
const MAX_JOBS_PER_KEY = 64;

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

/**
 * The newest job of a key decides: what failed since is not done. One row per repo, because the same task id may stand
 * for work in several repos, in files of different people.
 */
async function completedOf({ db, namespace }: ScopedReading, key: string) {
  const jobs = await db
    .query("jobs")
    .withIndex("by_key", (q) => q.eq("namespace", namespace._id).eq("key", key))
    .take(MAX_JOBS_PER_KEY);
  // Below the key the index sorts by assignment, whose ids are random.
  const newestFirst = jobs.sort((a, b) => b.assignmentNumber - a.assignmentNumber || b.number - a.number);
  return newestFirst
    .filter((job, i) => newestFirst.findIndex(({ repo }) => repo === job.repo) === i)
    .filter(({ status }) => status === "complete")
    .map((job) => ({
      ...{ key, handle: jobHandle(job), settledAt: job.settledAt ?? job._creationTime },
      ...(job.repo === undefined ? {} : { repo: job.repo }),
    }));
}
