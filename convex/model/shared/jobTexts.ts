/**
 * Context and result of a job. Short ones stand in the job's own row, for which a claim and a report need no further
 * one; as soon as one of the two is long, both stand in a row of `jobTexts`, which lists and windows do not read.
 */
import type { Doc } from "../../_generated/dataModel.js";
import type { Reading, Tx } from "./tx.ts";

/** Characters of a short text: lists read a thousand jobs, of 16 MiB that a transaction may read. */
const MAX_SHORT_CHARS = 512;

export type Texts = Pick<Doc<"jobTexts">, "context" | "result">;
type Kept = Pick<Doc<"jobs">, "_id" | "context" | "result">;

export function isShort(text: string): boolean {
  return text.length <= MAX_SHORT_CHARS;
}

/** Context and result; every job has its context from its insert on. */
export async function textsOf(ctx: Reading, job: Kept): Promise<Texts> {
  const { context, result } = job;
  if (context !== undefined) return { context, ...(result === undefined ? {} : { result }) };
  const texts = await longTexts(ctx, job);
  if (texts === null) throw new Error(`job ${job._id} has no texts: it was half deleted`);
  return texts;
}

/** The row of long texts; null for a job whose texts are short. */
export async function longTexts(ctx: Reading, { _id, context }: Kept): Promise<Doc<"jobTexts"> | null> {
  if (context !== undefined) return null;
  return ctx.db
    .query("jobTexts")
    .withIndex("by_job", (q) => q.eq("job", _id))
    .unique();
}

/** Keeps the result of a job; gives what its caller must patch into the job's row. */
export async function keepResult(
  tx: Tx,
  job: Kept,
  result: string,
): Promise<{ context?: string | undefined; result?: string | undefined }> {
  if (job.context !== undefined && isShort(result)) return { result };
  const texts = await longTexts(tx, job);
  if (texts !== null) await tx.db.patch("jobTexts", texts._id, { result });
  else await tx.db.insert("jobTexts", { job: job._id, context: (await textsOf(tx, job)).context, result });
  return { context: undefined, result: undefined };
}
