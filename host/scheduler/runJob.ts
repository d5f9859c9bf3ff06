import type { Attempt } from "../database/task.ts";
import type { Transaction } from "../database/transaction.ts";
import type { Engine } from "../functions/engine.ts";
import { NO_METADATA } from "../functions/frame.ts";
import { SYSTEM } from "../functions/identity.ts";
import { type Failure, RAN_AWAY } from "../functions/outcome.ts";
import { canonicalPath, type Registry } from "../functions/registry.ts";
import { DeveloperError } from "../values/errors.ts";
import type { ConvexObject } from "../values/json.ts";
import { findJob, type JobRow } from "./jobRows.ts";

/** Text of the real server for an action whose server died under it. */
const LOST_ACTION = "Transient error while executing action";

/**
 * Runs one job that is due. A mutation runs and is marked in one transaction (exactly once); an action is marked
 * `inProgress` first (at most once).
 */
export async function runJob(engine: Engine, registry: Registry, job: JobRow): Promise<void> {
  const path = canonicalPath(job.name);
  if (registry.find(path)?.kind === "action") return await runAction(engine, path, job);
  try {
    await engine.transact((tx) => runMutation(engine, tx, { path, job }));
  } catch (error) {
    // The function ran away, so its transaction is gone; the job must still come to an end.
    if (!(error instanceof DeveloperError)) throw error;
    await engine.transact((tx) => finish(tx, job, RAN_AWAY));
  }
}

/** Marks actions that were running when the host died; they may have acted, so they are not run again. */
export function failLostActions(tx: Transaction, jobs: JobRow[]): void {
  for (const job of jobs) finish(tx, job, { detail: LOST_ACTION });
}

function runMutation(
  engine: Engine,
  tx: Transaction,
  { path, job }: { path: string; job: JobRow },
): Attempt<null> | Promise<Attempt<null>> {
  if (findJob(tx, job._id)?.state.kind !== "pending") return { commit: false, value: null };
  const close = tx.openNested();
  const failure = engine.runInside(tx, { path, kind: "mutation", args: job.args }, job._id);
  const conclude = (result: Failure | null): Attempt<null> => {
    close(result === null);
    finish(tx, job, result);
    tx.resolveCommitTs();
    return { commit: true, value: null };
  };
  return failure instanceof Promise ? failure.then(conclude) : conclude(failure);
}

async function runAction(engine: Engine, path: string, job: JobRow): Promise<void> {
  const { value: mine } = await engine.transact((tx) => {
    const isPending = findJob(tx, job._id)?.state.kind === "pending";
    if (isPending) tx.patch(job._id, { state: { kind: "inProgress" } });
    return { commit: true, value: isPending };
  });
  if (!mine) return;
  const metadata = { ...NO_METADATA, scheduledFunctionId: job._id };
  const outcome = await engine.action({ path, args: job.args, identity: SYSTEM, metadata });
  const failure = outcome.kind === "success" ? null : { detail: outcome.message };
  await engine.transact((tx) => finish(tx, job, failure));
}

/** Writes the end of a job, unless it was canceled meanwhile. */
function finish(tx: Transaction, job: JobRow, failure: Failure | null): Attempt<null> {
  const current = findJob(tx, job._id)?.state.kind;
  if (current === "pending" || current === "inProgress") {
    const state: ConvexObject =
      failure === null ? { kind: "success" } : { kind: "failed", error: failure.detail };
    tx.patch(job._id, { state, completedTime: Date.now() });
  }
  return { commit: true, value: null };
}
