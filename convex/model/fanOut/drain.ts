/**
 * Work in batches. What a mutation leaves to do is done before it commits as far as the budget goes; the rest is
 * scheduled in the same transaction, so that the continuation's arguments are the record of what remains.
 */
import { makeFunctionReference } from "convex/server";
import { FAN_OUT_BATCH } from "../../../domain/limits.ts";
import { step } from "./steps.ts";
import { flush } from "../shared/rowMemory.ts";
import type { Task } from "../shared/task.ts";
import type { Tx } from "../shared/tx.ts";

/** Tasks in the arguments of one continuation: far below the 8,192 elements that an array may have. */
const TASKS_PER_CALL = 1000;

/** Continuations of one another: more rows than any queue holds, so reaching it is a loop that does not end. */
const MAX_ROUNDS = 100_000;

const run = makeFunctionReference<"mutation", { tasks: Task[]; round: number }, null>("fanOut:run");

/**
 * Works the tasks off, newest first, so that a wide graph does not pile up; schedules what is left. Writes what the
 * mutation has patched, so it is the last step of every one.
 * @param round how many continuations came before this one
 */
export async function drain(tx: Tx, round = 0): Promise<void> {
  if (round > MAX_ROUNDS) throw new Error(`fan-out does not end: ${JSON.stringify(tx.tasks.slice(0, 3))}`);
  let budget = FAN_OUT_BATCH;
  for (let task = tx.tasks.pop(); task !== undefined; task = tx.tasks.pop()) {
    const base = tx.tasks.length;
    const { used, rest } = await step(tx, task, budget);
    // What is left of this task lies below what it gave rise to.
    if (rest !== undefined) tx.tasks.splice(base, 0, rest);
    budget -= Math.max(1, used);
    if (budget <= 0) break;
  }
  for (let at = 0; at < tx.tasks.length; at += TASKS_PER_CALL) {
    await tx.scheduler.runAfter(0, run, {
      tasks: tx.tasks.slice(at, at + TASKS_PER_CALL),
      round: round + 1,
    });
  }
  tx.tasks.length = 0;
  await flush(tx);
}
