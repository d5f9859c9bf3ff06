import { makeFunctionReference } from "convex/server";
import type { Id } from "../../_generated/dataModel.js";
import type { Tx } from "../shared/tx.ts";

const due = makeFunctionReference<"mutation", { job: Id<"jobs">; at: number }, null>("jobs:due");

/** Looks at the job again at a time (ms): its start time, or the end of its cascade's limits. */
export async function scheduleDue(tx: Tx, job: Id<"jobs">, at: number): Promise<void> {
  await tx.scheduler.runAt(at, due, { job, at });
}
