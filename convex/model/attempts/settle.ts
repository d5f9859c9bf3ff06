import { MAX_RESULT_BYTES } from "../../../domain/limits.ts";
import type { TerminalJobState } from "../../../domain/jobState.ts";
import { firstLine, headAndTail } from "../../../domain/text.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { keepResult } from "../shared/jobTexts.ts";
import { present } from "../shared/find.ts";
import { followUp } from "../pm/followUp.ts";
import { releaseLock } from "../readiness/locks.ts";
import type { Tx } from "../shared/tx.ts";

/** Characters of a job's summary in lists. */
const MAX_SUMMARY_CHARS = 200;
/** Bytes of a job's error, which stands in its row. */
const MAX_ERROR_BYTES = 2000;

/** How a job ends. */
export interface Ending {
  status: TerminalJobState;
  result?: string | undefined;
  resultFile?: string | undefined;
  error?: string | undefined;
}

/**
 * Ends a job: its state, its lock, its dependents and what its assignment's policy adds, all in this transaction.
 * The caller has checked that the job is open.
 */
export async function settle(tx: Tx, job: Doc<"jobs">, ending: Ending): Promise<void> {
  const end = {
    status: ending.status,
    open: false,
    ready: false,
    gate: "none" as const,
    waitingFor: [],
    settledAt: tx.now,
    summary: firstLine(ending.result ?? ending.error ?? "", MAX_SUMMARY_CHARS),
    ...bounded(ending),
  };
  const texts =
    ending.result === undefined
      ? {}
      : await keepResult(tx, job, headAndTail(ending.result, MAX_RESULT_BYTES));
  await tx.db.patch("jobs", job._id, { ...end, ...texts, retryAt: undefined });
  await releaseLock(tx, job);
  tx.tasks.push({ kind: "jobSettled", job: job._id });
  await followUp(tx, present(await tx.db.get("jobs", job._id), "a job that ends"), ending.result ?? "");
}

function bounded({ error, resultFile }: Ending): Partial<Doc<"jobs">> {
  return {
    ...(error === undefined ? {} : { error: headAndTail(error, MAX_ERROR_BYTES) }),
    ...(resultFile === undefined ? {} : { resultFile }),
  };
}
