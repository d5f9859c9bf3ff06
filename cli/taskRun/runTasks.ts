/** A run from its start to its report, with everything that it needs on this machine. */
import { setTimeout as sleep } from "node:timers/promises";
import { api } from "../../convex/_generated/api.js";
import { buildReport } from "../../domain/report/build.ts";
import type { RunReport } from "../../domain/report/model.ts";
import type { RunnerHandle } from "../../runner/daemon.ts";
import { type Backend, openBackend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import { defined } from "../../domain/defined.ts";
import type { Interrupt } from "../interrupt.ts";
import { EXIT, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { openDisplay } from "./display.ts";
import type { Display } from "./plainLines.ts";
import { catchUp, followRun, type FollowEnd } from "./follow.ts";
import type { FollowOptions } from "./followOptions.ts";
import { bringHost } from "./host.ts";
import { importRun, newRunId } from "./importRun.ts";
import { postRun } from "./hook.ts";
import { appendMetrics } from "./metrics.ts";
import type { RunOrder } from "./order.ts";
import { lackingProfiles, startOwnRunner } from "./ownRunner.ts";
import { makeRunFolder, type RunFolder } from "./runFolder.ts";
import { isTask, runModel, type RunModel, taskIdOf } from "./runModel.ts";
import { openStatusLine } from "./statusLine.ts";
import { type Verified, verifyRepos } from "./verify.ts";

/** How long runners of other processes may take to stop what was canceled, ms. */
const CANCEL_WAIT_MS = 15_000;

export interface RunCall {
  settings: Settings;
  order: RunOrder;
  /** This process must serve the run itself. */
  local: boolean;
  tui: "full" | "minimal" | "off";
  interrupt: Interrupt;
}

export interface RunOutcome {
  folder: string;
  report: RunReport;
  verified: Verified[];
  exitCode: ExitCode;
}

interface Going {
  call: RunCall;
  backend: Backend;
  settings: Settings;
  folder: RunFolder;
  model: RunModel;
  runId: string;
  startedAt: number;
}

/** Runs a task file attached: host and runner are brought along where none is there. The report is written whatever happens. */
export async function runTasks(call: RunCall): Promise<RunOutcome> {
  const { order } = call;
  const startedAt = Date.now();
  const settings = { ...call.settings, namespace: order.namespace };
  const host = await bringHost(settings);
  try {
    const here = { ...settings, url: host.url };
    const backend = openBackend(here);
    const folder = makeRunFolder(process.cwd(), new Date(startedAt));
    const runId = newRunId();
    await folder.writeOrder(order, runId);
    say(`run ${folder.stamp}: ${order.tasks.length} tasks, ${folder.path}`);
    const going = { call, backend, settings: here, folder, model: runModel(order.tasks), runId, startedAt };
    return await carryOut(going);
  } finally {
    await host.own?.stop();
  }
}

async function carryOut(going: Going): Promise<RunOutcome> {
  const { call, backend, settings, folder, model, runId } = going;
  const { order, interrupt } = call;
  const own = call.local || !(await isServed(backend, order));
  const pool = own ? `run-${runId}` : undefined;
  const run = await importRun(backend, order, { label: folder.stamp, runId, pool, signal: interrupt.signal });
  const runner =
    pool === undefined || interrupt.signal.aborted ? null : await startOwnRunner(settings, order, pool);
  const statusLine = openStatusLine();
  const quit = new AbortController();
  const display = await openDisplay(call.tui, {
    model,
    backend,
    namespace: order.namespace,
    title: `run ${folder.stamp}`,
    slots: order.workers,
    startedAt: going.startedAt,
    onQuit: () => quit.abort(),
  });
  const signal = AbortSignal.any([interrupt.signal, quit.signal]);
  const lacking = own ? lackingProfiles(order) : new Map<string, string>();
  const follow = followOptions(going, {
    lacking,
    run: run.id,
    own,
    signal,
    display,
    onCounts: () => statusLine.write(model.counts()),
  });
  let end: FollowEnd = "interrupted";
  try {
    if (!signal.aborted) end = await followRun(follow);
    if (end === "interrupted") await stopRun(going, { follow, assignment: run.assignment, runner, display });
  } finally {
    await runner?.kill();
    display.close();
    statusLine.remove();
    if (end === "interrupted") await catchUp(follow).catch(() => undefined);
    // Also when the backend was lost: what is known must not be lost with it.
    await folder.writeReport(reportOf(going, { end, assignment: run.assignment }));
  }
  return conclude(going, { end, assignment: run.assignment });
}

function followOptions(
  { call, backend, settings, folder, model }: Going,
  {
    run,
    own,
    lacking,
    signal,
    display,
    onCounts,
  }: Pick<FollowOptions, "run" | "lacking" | "signal"> & {
    own: boolean;
    display: Display;
    onCounts: () => void;
  },
): FollowOptions {
  return {
    settings,
    backend,
    order: call.order,
    run,
    model,
    ownRunner: own,
    lacking,
    signal,
    async onSettled(task) {
      await folder.writeTask(call.order, task);
      if (isTask(task.job)) display.settled(taskIdOf(task.job));
    },
    onChange() {
      onCounts();
      display.change();
    },
  };
}

/** Cancels what runs, skips the rest, and waits until the processes are gone. */
async function stopRun(
  { backend, call: { order } }: Going,
  {
    follow,
    assignment,
    runner,
    display,
  }: { follow: FollowOptions; assignment: number; runner: RunnerHandle | null; display: Display },
): Promise<void> {
  const { namespace } = order;
  display.log("stopping: running tasks are canceled, the rest is skipped, the report is written");
  const canceled = backend
    .mutation(api.assignments.update, { namespace, assignment: String(assignment), status: "canceled" })
    // A backend that is gone or out of time must not keep the agents alive, nor the report from being written.
    .catch((error: unknown) => display.log(`the run could not be canceled: ${(error as Error).message}`));
  await canceled;
  await runner?.kill();
  const until = Date.now() + CANCEL_WAIT_MS;
  for (;;) {
    const status = await backend.query(api.runs.watch, { namespace, run: follow.run });
    follow.model.push(status);
    if ((status.running.length === 0 && status.ready.length === 0) || Date.now() > until) return;
    await sleep(200);
  }
}

/** True when a live runner of the namespace serves the default pool and can run every task of the order. */
async function isServed(backend: Backend, { namespace, tasks }: RunOrder): Promise<boolean> {
  if ((await backend.query(api.namespaces.get, { namespace })) === null) return false;
  const runners = await backend.query(api.runners.list, { namespace });
  const offered = runners
    .filter(({ session, pools }) => session !== null && !session.draining && pools.includes("default"))
    .map(({ session }) => new Set(session?.profiles));
  return tasks.every(({ cascade }) => offered.some((names) => cascade.some((name) => names.has(name))));
}

function reportOf(
  { call: { order }, folder: _folder, model, runId, startedAt }: Going,
  { end, assignment }: { end: FollowEnd; assignment: number },
): RunReport {
  const report = buildReport({
    meta: {
      run_id: runId,
      assignment,
      tasks_files: order.tasksFiles,
      workers: order.workers,
      repos_dir: order.reposDir,
      ...(end === "interrupted" ? { interrupted: true } : {}),
      ...defined({ filter: order.filter, parent_run_id: order.parent }),
    },
    startedAt,
    endedAt: Date.now(),
    tasks: order.tasks,
    facts: model.facts,
    reviews: model.reviews,
  });
  return end === "limited" ? withLimited(report) : report;
}

/** A run that stops for limits: what has not started waits for the same reset. */
function withLimited(report: RunReport): RunReport {
  const results = Object.fromEntries(
    Object.entries(report.results).map(([id, one]) => {
      if (one.state_name !== "PENDING") return [id, one];
      const reset = report.resets_at === undefined ? {} : { resets_at: report.resets_at };
      return [id, { ...one, state: 6, state_name: "RATE_LIMITED" as const, ...reset }];
    }),
  );
  const limited = Object.values(results).filter(({ state_name }) => state_name === "RATE_LIMITED").length;
  return { ...report, results, rate_limited: limited };
}

/** What comes after the report: metrics, the hook, the verification. */
async function conclude(going: Going, how: { end: FollowEnd; assignment: number }): Promise<RunOutcome> {
  const { call, folder } = going;
  const { order, interrupt } = call;
  const interrupted = how.end === "interrupted";
  const report = reportOf(going, how);
  try {
    appendMetrics(report);
  } catch (error) {
    say(`the metrics log could not be written: ${(error as Error).message}`);
  }
  if (order.postRun !== undefined && order.postRun !== "")
    await postRun(order.postRun, folder.path, interrupted);
  const repos = Object.fromEntries(
    Object.values(report.results).map(({ repo }) => [repo, order.repos[repo] ?? repo]),
  );
  const verified =
    order.verify && !interrupted ? await verifyRepos(repos, folder.path, interrupt.signal) : [];
  return { folder: folder.path, report, verified, exitCode: exitOf(report, how.end, verified) };
}

function exitOf(report: RunReport, end: FollowEnd, verified: readonly Verified[]): ExitCode {
  if (end === "interrupted") return EXIT.interrupted;
  if (report.rate_limited > 0) return EXIT.limited;
  if (end === "stuck") return EXIT.stuck;
  const failed = report.completed < report.total_tasks || verified.some(({ passed }) => !passed);
  return failed ? EXIT.failed : EXIT.ok;
}
