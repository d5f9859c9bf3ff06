/** Looking at a run that another process, or another machine, carries out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment } from "../../domain/assignmentState.ts";
import { openLive } from "../backend/live.ts";
import type { Session } from "../backend/session.ts";
import { withInterrupt } from "../interrupt.ts";
import { EXIT, type ExitCode, usageError } from "../output/errors.ts";
import { printLine, wantsJson } from "../output/print.ts";
import { openDisplay } from "./display.ts";
import { RUN_FILE } from "./runFolder.ts";
import { learnJobs, pullSettled, type SettledCursor } from "./learnRun.ts";
import { runModel, type RunModel } from "./runModel.ts";

export interface WatchCall extends Session {
  run: string;
  mode: "full" | "minimal" | "off";
}

/** Follows the run until it ends or Ctrl+C, which stops the looking and not the run. */
export async function watchRun(call: WatchCall): Promise<ExitCode> {
  const { backend, namespace, settings, run, flags } = call;
  // One-shot first: it fails at once where the socket would try for ever.
  const { run: row } = await backend.query(api.runs.get, { namespace, run });
  const model = runModel([]);
  const quit = new AbortController();
  return withInterrupt(async ({ signal: interrupted }) => {
    const signal = AbortSignal.any([interrupted, quit.signal]);
    const live = openLive(settings);
    const display = await openDisplay(call.mode, {
      ...{ model: withTotal(model, row.tasks), backend, namespace, title: `run ${row.label}` },
      assignment: String(row.assignment),
      ...{ slots: 0, startedAt: row.createdAt, onQuit: () => quit.abort() },
    });
    let after: SettledCursor;
    try {
      for await (const status of live.follow(api.runs.watch, { namespace, run }, signal)) {
        learnJobs(model, [
          ...status.running,
          ...status.parked,
          ...status.ready,
          ...status.locked,
          ...status.recent,
        ]);
        if (model.push(status)) after = await pullSettled(call, { model, after, say: display.settled });
        if (call.mode === "off" && wantsJson(flags))
          printLine({ ...status, counts: model.counts() }, () => "", { json: true });
        display.change();
        if (isTerminalAssignment(status.status) && status.running.length === 0) return EXIT.ok;
      }
      return EXIT.ok;
    } finally {
      display.close();
      await live.close();
    }
  });
}

/** Of the tasks that have not shown yet only the number is known. */
function withTotal(model: RunModel, total: number): RunModel {
  return {
    ...model,
    get status() {
      return model.status;
    },
    counts() {
      const counts = model.counts();
      return { ...counts, total, queued: Math.max(0, counts.queued + total - counts.total) };
    },
  };
}

/** The assignment of a run that was started here and has not ended. */
export async function assignmentOfFolder(
  { backend, namespace }: Pick<Session, "backend" | "namespace">,
  folder: string,
): Promise<string> {
  const { run_id } = JSON.parse(readFileSync(join(folder, RUN_FILE), "utf8")) as { run_id: string };
  const runs = await backend.query(api.runs.list, { namespace, limit: 200 });
  const found = runs.find(({ key }) => key === run_id);
  if (found !== undefined) return String(found.assignment);
  throw usageError(
    `the backend does not know the run of ${folder}: it went on in another one, or was killed before its import`,
  );
}
