/** What an agent may not insert: SPEC.md §6. */
import { contentHash } from "../../../domain/contentHash.ts";
import { resolveCascade } from "../../../domain/jobCascade.ts";
import { JOB_TYPES } from "../../../domain/jobTypes.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { fail } from "../shared/fail.ts";
import { jobsByNumber } from "../shared/find.ts";
import type { Plan } from "./planTypes.ts";
import { nameOf } from "./planInsert.ts";
import type { NewJob } from "../shared/shapes.ts";
import type { Reading } from "../shared/tx.ts";

/** Jobs looked at for the last one that is not a PM's: at most a PM and its reminder follow each other. */
const BACK = 16;

/** Refuses a PM after a PM, another pool, and the content of the job before once more. */
export async function refuseByAgent(
  ctx: Reading,
  { assignment, namespace }: { assignment: Doc<"assignments">; namespace: Doc<"namespaces"> },
  { jobs, by }: Plan,
): Promise<void> {
  let before = await lastContent(ctx, assignment);
  for (const [i, { wish, existing }] of jobs.entries()) {
    if (existing !== null) continue;
    const what = nameOf(wish, i);
    if (wish.type === "pm") {
      fail("INVALID", `${what}: an agent may not insert a job of type pm: one follows every job by itself`);
    }
    if (by !== undefined && wish.pool !== undefined && wish.pool !== by.pool) {
      fail(
        "NOT_ALLOWED",
        `${what}: expected the agent's own pool ${JSON.stringify(by.pool)}, got ${JSON.stringify(wish.pool)}`,
      );
    }
    const content = contentOf(wish, namespace);
    if (content === before) {
      fail(
        "DUPLICATE_JOB",
        `${what} has the same type, context, repo and harness as the job before it: read that one's result; to try again say what should be done differently`,
      );
    }
    before = content;
  }
}

async function lastContent(ctx: Reading, assignment: Doc<"assignments">): Promise<string | undefined> {
  const last = await jobsByNumber(ctx, assignment).order("desc").take(BACK);
  return last.find(({ type }) => type !== "pm")?.contentHash;
}

function contentOf(wish: NewJob, namespace: Doc<"namespaces">): string {
  const { type, context } = wish;
  const cascade = resolveCascade({ ...wish, class: JOB_TYPES[type].class }, namespace);
  return contentHash({ type, context, repo: wish.repo ?? namespace.repo, cascade });
}
