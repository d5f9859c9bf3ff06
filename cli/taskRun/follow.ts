import { setTimeout as sleep } from "node:timers/promises";
import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment } from "../../domain/assignmentState.ts";
import { defined } from "../../domain/defined.ts";
import { openLive } from "../backend/live.ts";
import type { FollowOptions } from "./followOptions.ts";
import { judgeStandstill } from "./standstill.ts";
import { takeLocks } from "./takeLocks.ts";
import { isTask, type SettledTask, taskIdOf } from "./runModel.ts";

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
  // In an object: the compiler believes that no callback changes a variable.
  const end: { how: FollowEnd } = { how: "interrupted" };
  const finish = (how: FollowEnd) => {
    end.how = how;
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
  const { how } = end;
  if (how !== "interrupted") await catchUp(options, pull);
  // Such a job never settles, and its place in the report must not be empty.
  if (how === "limited") await takeIn(options, options.model.status?.parked ?? []);
  options.onChange();
  return how;
}

/** Looks single jobs up: with their attempts, which no push brings. */
async function takeIn(options: FollowOptions, jobs: readonly { handle: string }[]): Promise<void> {
  const { namespace } = options.order;
  for (const { handle } of jobs) {
    const { job, attempts } = await options.backend.query(api.jobs.get, { namespace, job: handle });
    await learn(options, { job, attempts, ...defined({ result: job.result }) });
  }
}

/** Takes in all that has settled and is not known. */
async function catchUp(options: FollowOptions, pull: () => Promise<void>): Promise<void> {
  await pull();
  // A job whose transaction committed late may lie behind the place where the pages went on.
  if (!options.model.allSettled() && !options.signal.aborted) await puller(options)();
}

/**
 * Takes in what a stopped run has left to know: how those ended that ran when it was stopped, and what settled before.
 * What never started needs no look, and thousands of tasks would be minutes of it.
 */
export async function catchUpStopped(
  options: FollowOptions,
  running: readonly { handle: string }[],
): Promise<void> {
  await puller({ ...options, signal: NEVER }, true)();
  await takeIn(options, running);
}

const NEVER = new AbortController().signal;

/** Reads the pages of settled jobs from where the last call ended; `started`: no further than what ever started. */
function puller(options: FollowOptions, started = false): () => Promise<void> {
  const { backend, order, run, signal } = options;
  let after: { settledAt: number; number: number } | undefined;
  return async () => {
    // Tasks may settle as fast as they are read: the signal and the screen must not wait for the last of them.
    while (!signal.aborted) {
      const page = await backend.query(api.runs.settled, {
        namespace: order.namespace,
        run,
        ...(after && { after }),
      });
      for (const task of page) await learn(options, task);
      const last = page.at(-1)?.job;
      if (last === undefined || (started && page.every(({ attempts }) => attempts.length === 0))) return;
      after = { settledAt: last.settledAt ?? 0, number: last.number };
      options.onChange();
    }
  };
}

async function learn({ model, onSettled }: FollowOptions, task: SettledTask): Promise<void> {
  const known = (isTask(task.job) ? model.facts : model.reviews).get(taskIdOf(task.job));
  const again = known?.settledAt === task.job.settledAt && known?.status === task.job.status;
  model.settle(task);
  if (!again) await onSettled(task);
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
