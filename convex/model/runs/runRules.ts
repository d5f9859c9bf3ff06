/** What the settings of a run do when one of its jobs settles: stop at the first failure, have results reviewed. */
import { jobHandle } from "../../../domain/handle.ts";
import { reviewPrompt } from "../../../domain/reviewPrompt.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { isBarred } from "../access/barred.ts";
import { present } from "../shared/find.ts";
import { lastNumber } from "../assignments/spent.ts";
import type { Tx } from "../shared/tx.ts";
import { writeJob } from "../insert/writeJob.ts";

/** Runs in the transaction that settles the job: nothing of the run can start in between. */
export async function applyRunRules(
  tx: Tx,
  assignment: Doc<"assignments">,
  { job, result }: { job: Doc<"jobs">; result: string },
): Promise<void> {
  const run = job.run === undefined ? null : await tx.db.get("runs", job.run);
  if (run === null || job.type === "review") return;
  if (run.failFast && job.status === "failed") {
    tx.tasks.push({
      kind: "skipUnstarted",
      assignment: assignment._id,
      reason: `${job.key ?? jobHandle(job)} failed and the run stops at the first failure`,
    });
  }
  if (run.review !== undefined && job.status === "complete") {
    await askForReview(tx, assignment, { run, job, result });
  }
}

async function askForReview(
  tx: Tx,
  assignment: Doc<"assignments">,
  { run, job, result }: { run: Doc<"runs">; job: Doc<"jobs">; result: string },
): Promise<void> {
  const { profiles, fallbackOnly, timeoutMs } = run.review ?? {
    profiles: [],
    fallbackOnly: true,
    timeoutMs: 1,
  };
  const byFallback = job.attempt > 1 || job.profileUsed !== job.cascade[0];
  if (result.trim() === "" || (fallbackOnly && !byFallback)) return;
  const [only] = profiles.length === 1 ? profiles : [];
  const reviewer = only ?? profiles.find((name) => name !== job.profileUsed);
  if (reviewer === undefined || isBarred(job, reviewer)) return;
  const namespace = present(await tx.db.get("namespaces", job.namespace), "a namespace");
  const number = (await lastNumber(tx, assignment)) + 1;
  await writeJob(
    tx,
    { assignment, namespace, number, run: run._id },
    {
      type: "review",
      title: `Review of ${job.key ?? jobHandle(job)}`,
      context: reviewPrompt(job.title, result),
      cascade: [reviewer],
      ownPriority: job.ownPriority,
      timeoutMs,
      repo: job.repo,
      pool: job.pool,
      // It reads; the next task of the repo need not wait for it.
      lock: null,
      key: `review:${job.key ?? job.number}`,
      reviews: job._id,
      barred: job.barred,
    },
  );
}
