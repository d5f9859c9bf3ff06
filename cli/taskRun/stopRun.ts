import { setTimeout as sleep } from "node:timers/promises";
import { api } from "../../convex/_generated/api.js";
import type { RunnerHandle } from "../../runner/daemon.ts";
import { letHeapGrow } from "../run/keepHeapSmall.ts";
import type { FollowOptions } from "./followOptions.ts";
import type { ImportedRun } from "./importRun.ts";
import type { Display } from "./plainLines.ts";
import type { Going } from "./going.ts";

/** How long runners of other processes may take to stop what was canceled, ms. */
const CANCEL_WAIT_MS = 15_000;
/** How long the agents are left alone while the cancel is on its way: a backend that hangs must not keep them alive, ms. */
const CANCEL_FIRST_MS = 5000;
/** Tries of the cancel: a busy backend may be out of time once. */
const CANCEL_TRIES = 3;

interface Stopped {
  follow: FollowOptions;
  run: ImportedRun;
  runner: RunnerHandle | null;
  display: Display;
}

/**
 * Cancels what runs, skips the rest, and waits until the processes are gone. Never rejects: a backend that is gone or
 * out of time must not keep the agents alive, nor the report from being written.
 */
export async function stopRun(going: Going, { follow, run, runner, display }: Stopped): Promise<void> {
  letHeapGrow();
  display.log("stopping: running tasks are canceled, the rest is skipped, the report is written");
  const canceled = cancel(going, run.assignment).catch((error: unknown) =>
    display.log(`the run could not be canceled: ${(error as Error).message}`),
  );
  await Promise.race([canceled, sleep(CANCEL_FIRST_MS, undefined, { ref: false })]);
  await runner?.kill();
  await canceled;
  await untilNothingRuns(going, follow).catch(() => undefined);
}

async function cancel({ backend, call }: Going, assignment: number): Promise<void> {
  const { namespace } = call.order;
  for (let left = CANCEL_TRIES - 1; ; left -= 1) {
    try {
      await backend.mutation(api.assignments.update, {
        namespace,
        assignment: String(assignment),
        status: "canceled",
      });
      return;
    } catch (error) {
      // Its last task may have ended it in the meantime.
      if (/WRONG_STATE|is (complete|failed|canceled)/.test((error as Error).message)) return;
      if (left === 0) throw error;
      await sleep(300);
    }
  }
}

async function untilNothingRuns({ backend, call }: Going, { run, model }: FollowOptions): Promise<void> {
  const until = Date.now() + CANCEL_WAIT_MS;
  for (;;) {
    const status = await backend.query(api.runs.watch, { namespace: call.order.namespace, run });
    model.push(status);
    // What is ready cannot start any more: no claim takes a job of a canceled run.
    if (status.running.length === 0 || Date.now() > until) return;
    await sleep(200);
  }
}
