import { setTimeout as sleep } from "node:timers/promises";
import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment } from "../../domain/assignmentState.ts";
import { openLive } from "../backend/live.ts";
import type { FollowOptions } from "./followOptions.ts";
import { judgeStandstill } from "./standstill.ts";
import { takeLocks } from "./takeLocks.ts";
import { isTask, taskIdOf } from "./runModel.ts";

/** How long nothing may run before somebody asks why, ms: claims and retries between two jobs take less. */
const STANDSTILL_MS = 1500;

/** Looks of the standstill's watch from one question about foreign locks to the next. */
const LOOKS_PER_LOCK_CHECK = 3;

export type FollowEnd = "ended" | "limited" | "stuck" | "interrupted";

/** Follows a run until it has ended, nothing in it can move, or `signal` is aborted. Leaves its model complete. */
export async function followRun(options: FollowOptions): Promise<FollowEnd> {
  const { settings, order, run, model } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const live = openLive(settings);
  const pull = puller(options);
  let end: FollowEnd = "interrupted";
  const finish = (how: FollowEnd) => {
    end = how;
    stop.abort();
  };
  const guard = watchStandstill(options, signal, finish);
  try {
    for await (const status of live.follow(api.runs.watch, { namespace: order.namespace, run }, signal)) {
      if (model.push(status)) await pull();
      options.onChange();
      if (status.status === "blocked" && !status.paused) finish("stuck");
      else if (isTerminalAssignment(status.status) && status.running.length === 0) finish("ended");
    }
  } finally {
    stop.abort();
    await guard;
    await live.close();
  }
  await catchUp(options, pull);
  // The callbacks have set it, which the compiler does not see.
  const how = end as FollowEnd;
  if (how === "limited") await takeParked(options);
  options.onChange();
  return how;
}

/** The attempts of jobs that wait for their profiles: such a job never settles, and its report must not be empty. */
async function takeParked({ backend, order, model, onSettled }: FollowOptions): Promise<void> {
  for (const { handle } of model.status?.parked ?? []) {
    const { job, attempts } = await backend.query(api.jobs.get, {
      namespace: order.namespace,
      job: handle,
    });
    const parked = { job, attempts };
    model.settle(parked);
    await onSettled(parked);
  }
}

/** Takes in all that has settled and is not known: after an interrupt, too. */
export async function catchUp(options: FollowOptions, pull = puller(options)): Promise<void> {
  await pull();
  // A job whose transaction committed late may lie behind the place where the pages went on.
  if (!options.model.allSettled()) await puller(options)();
}

/** Reads the pages of settled jobs from where the last call ended. */
function puller({ backend, order, run, model, onSettled }: FollowOptions): () => Promise<void> {
  let after: { settledAt: number; number: number } | undefined;
  return async () => {
    for (;;) {
      const page = await backend.query(api.runs.settled, {
        namespace: order.namespace,
        run,
        ...(after && { after }),
      });
      for (const task of page) {
        const known = (isTask(task.job) ? model.facts : model.reviews).get(taskIdOf(task.job));
        const again = known?.settledAt === task.job.settledAt && known?.status === task.job.status;
        model.settle(task);
        if (!again) await onSettled(task);
      }
      const last = page.at(-1)?.job;
      if (last === undefined) return;
      after = { settledAt: last.settledAt ?? 0, number: last.number };
    }
  };
}

/** While nothing runs for a while, finds out whether anything will, and ends what will not. */
async function watchStandstill(
  options: FollowOptions,
  signal: AbortSignal,
  finish: (how: FollowEnd) => void,
): Promise<void> {
  let since = 0;
  for (let look = 1; !signal.aborted; look += 1) {
    await sleep(STANDSTILL_MS / 3, undefined, { signal }).catch(() => undefined);
    if (look % LOOKS_PER_LOCK_CHECK === 0 && !signal.aborted) await takeLocks(options).catch(() => undefined);
    const { status } = options.model;
    const stands = status !== null && status.running.length === 0 && !isTerminalAssignment(status.status);
    since = stands ? since + STANDSTILL_MS / 3 : 0;
    if (since < STANDSTILL_MS || signal.aborted) continue;
    since = 0;
    // A lost connection is no standstill: the live query comes back by itself.
    const how = await judgeStandstill(options).catch(() => "moves" as const);
    if (how === "limited") finish("limited");
  }
}
