import { ASSIGNMENT_STATES } from "../../domain/assignmentState.ts";
import { JOB_STATES } from "../../domain/jobState.ts";
import { MAX_COUNT } from "../../domain/limits.ts";
import type { QueueStatus, WatchedQueue } from "../backend/wire.ts";
import { color } from "../output/color.ts";
import { assignmentState, jobState } from "../output/states.ts";
import { facts, table } from "../output/table.ts";
import { bullet, jobRow, renderCause, renderJobs } from "./jobView.ts";

/** The queue at a glance. */
export function renderQueue(status: QueueStatus, now: number): string {
  const assignments = ASSIGNMENT_STATES.map((state) =>
    count(status.assignments[state], () => assignmentState(state)),
  );
  const jobs = JOB_STATES.map((state) => count(status.jobs[state], () => jobState(state)));
  return [
    `${color.bold(`Queue ${status.namespace}`)}${status.paused ? color.yellow("  paused") : ""}`,
    facts([
      ["assignments", join(assignments)],
      ["jobs", join(jobs)],
      ["serial turn", status.serialActive ? "taken by an assignment" : "free"],
    ]),
    ...(status.running.length === 0 ? [] : [`${color.bold("Running")}\n${renderJobs(status.running, now)}`]),
    ...stuckLines(status.stuck, now),
  ].join("\n\n");
}

function count(number: number | undefined, state: () => string): string {
  if (number === undefined || number === 0) return "";
  return `${number >= MAX_COUNT ? `${MAX_COUNT}+` : number} ${state()}`;
}

function join(parts: string[]): string {
  const some = parts.filter((part) => part !== "");
  return some.length === 0 ? "none" : some.join(", ");
}

/** What is stuck, with its root causes: the part that needs a person. */
export function stuckLines(stuck: QueueStatus["stuck"], now: number): string[] {
  if (stuck.length === 0) return [];
  const lines = stuck.flatMap(({ handle, causes }) => [
    `  ${handle}`,
    ...causes.map((cause) => bullet(renderCause(cause, now), "    ")),
  ]);
  return [`${color.red.bold("Stuck")} (needs a person)\n${lines.join("\n")}`];
}

/** The screen of `drover watch`. */
export function renderWatch(namespace: string, queue: WatchedQueue, now: number): string {
  const { running, recent, runners, ready, waiting } = queue;
  const head = `${color.bold(`Queue ${namespace}`)}${queue.paused ? color.yellow("  paused") : ""}`;
  const counts = `${running.length} running, ${ready} ready, ${waiting} waiting, ${runners} runner${runners === 1 ? "" : "s"}`;
  const rows = (jobs: WatchedQueue["running"]) => table(jobs.map((job) => jobRow(job, now)));
  return [
    `${head}   ${counts}`,
    ...(runners === 0
      ? [color.yellow("no runner is connected: start one with `drover up` or `drover runner`")]
      : []),
    `${color.bold("Running")}\n${running.length === 0 ? color.dim("nothing") : rows(running)}`,
    ...(recent.length === 0 ? [] : [`${color.bold("Recent")}\n${rows(recent)}`]),
    ...stuckLines(queue.stuck, now),
  ].join("\n\n");
}
