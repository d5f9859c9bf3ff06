import { buildReport } from "../../domain/report/build.ts";
import type { RunReport } from "../../domain/report/model.ts";
import { defined } from "../../domain/defined.ts";
import type { FollowEnd } from "./follow.ts";
import type { Going } from "./going.ts";

/** How a run ended: `broken` when the import failed or the backend was lost, with the error that says so. */
export interface RunEnd {
  how: FollowEnd | "broken";
  assignment?: number;
  error?: Error;
}

/** The report of a run as far as its model knows it. */
export function reportOf(
  { call: { order }, model, runId, startedAt }: Going,
  { how, assignment, error }: RunEnd,
): RunReport {
  const report = buildReport({
    meta: {
      run_id: runId,
      tasks_files: order.tasksFiles,
      workers: order.workers,
      repos_dir: order.reposDir,
      ...(how === "interrupted" || how === "broken" ? { interrupted: true } : {}),
      ...defined({
        assignment,
        error: error?.message,
        filter: order.filter,
        parent_run_id: order.parent,
      }),
    },
    startedAt,
    endedAt: Date.now(),
    tasks: order.tasks,
    facts: model.facts,
    reviews: model.reviews,
  });
  return how === "limited" ? withLimited(report) : report;
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
