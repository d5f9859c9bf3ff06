/** A run from its start to its report, with everything that it needs on this machine. */
import { api } from "../../convex/_generated/api.js";
import { runPool } from "../../domain/runHold.ts";
import type { RunnerHandle } from "../../runner/daemon.ts";
import { type Backend, openBackend } from "../backend/client.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { keepHeapSmall, keepHeapSmaller } from "../run/keepHeapSmall.ts";
import { conclude, type RunOutcome } from "./conclude.ts";
import { openDisplay } from "./display.ts";
import { sayCut } from "./doneBefore.ts";
import { catchUpStopped, followRun, type FollowEnd } from "./follow.ts";
import type { FollowOptions } from "./followOptions.ts";
import type { Going, RunCall } from "./going.ts";
import { bringHost } from "./host.ts";
import { declareProfiles, type ImportedRun, importRun, newRunId } from "./importRun.ts";
import type { RunOrder } from "./order.ts";
import { lackingProfiles, startOwnRunner } from "./ownRunner.ts";
import { type Display, reviewLine } from "./plainLines.ts";
import { makeRunFolder } from "./runFolder.ts";
import { isTask, runModel, taskIdOf } from "./runModel.ts";
import { reportOf, type RunEnd } from "./runReport.ts";
import { openStatusLine } from "./statusLine.ts";
import { stopRun } from "./stopRun.ts";

/** Runs a task file attached: host and runner are brought along where none is there. The report is written whatever happens. */
export async function runTasks(call: RunCall): Promise<RunOutcome> {
  keepHeapSmall();
  const { order } = call;
  const startedAt = Date.now();
  const settings = { ...call.settings, namespace: order.namespace };
  const host = await bringHost(settings);
  try {
    const here = { ...settings, url: host.url };
    const backend = openBackend(here);
    await sayCut(backend, order);
    const folder = makeRunFolder(process.cwd(), new Date(startedAt));
    const runId = newRunId();
    await folder.writeOrder(order, runId);
    say(`run ${folder.stamp}: ${order.tasks.length} tasks, ${folder.path}`);
    return await carryOut({
      call,
      backend,
      settings: here,
      folder,
      model: runModel(order.tasks),
      runId,
      startedAt,
    });
  } finally {
    await host.own?.stop();
  }
}

/** Also a backend that refuses or is lost ends a run with its report: what is known must not be lost with it. */
async function carryOut(going: Going): Promise<RunOutcome> {
  const end = await serve(going).catch((error: unknown): RunEnd => ({
    how: "broken",
    error: error as Error,
  }));
  await going.folder.writeReport(reportOf(going, end));
  return conclude(going, end);
}

/** Brings a runner where none serves the order, imports it and follows it to its end. */
export async function serve(going: Going): Promise<RunEnd> {
  const { call, backend, settings, folder, runId, model } = going;
  const { order, interrupt } = call;
  await declareProfiles(backend, order);
  const own = call.local || !(await isServed(backend, order));
  const pool = own ? runPool(runId) : undefined;
  // Before the import: when this process is killed in between, the end of its session tells that nobody serves the run.
  const runner =
    pool === undefined ? null : await startOwnRunner(settings, order, { pool, signal: interrupt.signal });
  try {
    const options = {
      ...{ label: folder.stamp, runId, pool, signal: interrupt.signal },
      onInserted: (id: string, handle: string) => model.handles.set(id, handle),
    };
    return await follow(going, { runner, run: await importRun(backend, order, options) });
  } finally {
    await runner?.kill();
  }
}

interface Started {
  run: ImportedRun;
  runner: RunnerHandle | null;
}

async function follow(going: Going, { run, runner }: Started): Promise<RunEnd> {
  keepHeapSmaller();
  const { call, backend, folder, model } = going;
  const statusLine = openStatusLine();
  const quit = new AbortController();
  const gone = new AbortController();
  void runner?.stopped.then(() => gone.abort());
  const display = await openDisplay(call.tui, {
    model,
    backend,
    namespace: call.order.namespace,
    assignment: String(run.assignment),
    title: `run ${folder.stamp}`,
    // Runners of other processes have slots of their own.
    slots: runner === null ? 0 : call.order.workers,
    startedAt: going.startedAt,
    onQuit: () => quit.abort(),
  });
  const signal = AbortSignal.any([call.interrupt.signal, quit.signal, gone.signal]);
  const options = followOptions(going, { run: run.id, own: runner !== null, signal, display });
  const told = { ...options, onChange: () => (statusLine.write(model.counts()), options.onChange()) };
  let how: FollowEnd = "interrupted";
  try {
    if (!signal.aborted) how = await followRun(told);
    if (how === "interrupted") {
      const running = model.status?.running ?? [];
      await stopRun(going, { follow: told, run, runner, display });
      await catchUpStopped(told, running).catch(() => undefined);
    }
  } finally {
    await runner?.kill();
    display.close();
    statusLine.remove();
  }
  const byPerson = call.interrupt.signal.aborted || quit.signal.aborted;
  if (how !== "interrupted" || byPerson) return { how, assignment: run.assignment };
  throw new CliError("the runner of this run has stopped: its log is in DROVER_HOME/runners", EXIT.failed);
}

function followOptions(
  { call, backend, settings, folder, model }: Going,
  { run, own, signal, display }: { run: string; own: boolean; signal: AbortSignal; display: Display },
): FollowOptions {
  return {
    settings,
    backend,
    order: call.order,
    run,
    model,
    ownRunner: own,
    lacking: own ? lackingProfiles(call.order) : new Map<string, string>(),
    signal,
    log: display.log,
    async onSettled(task) {
      await folder.writeTask(call.order, task);
      const id = taskIdOf(task.job);
      if (isTask(task.job)) display.settled(id);
      else display.log(reviewLine(model, id));
    },
    onChange: () => display.change(),
  };
}

/** True when a live runner of the namespace serves the default pool and can run every task of the order. */
async function isServed(backend: Backend, { namespace, tasks }: RunOrder): Promise<boolean> {
  const runners = await backend.query(api.runners.list, { namespace });
  const offered = runners
    .filter(({ session, pools }) => session !== null && !session.draining && pools.includes("default"))
    .map(({ session }) => new Set(session?.profiles));
  return tasks.every(({ cascade }) => offered.some((names) => cascade.some((name) => names.has(name))));
}
