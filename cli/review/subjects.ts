/** What can be reviewed: completed tasks of a run's folder, of a run in the queue, or one job. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { api } from "../../convex/_generated/api.js";
import { attemptFolder } from "../../domain/report/build.ts";
import { type RunReport, sortedResults, type TaskResult } from "../../domain/report/model.ts";
import type { Session } from "../backend/session.ts";
import { isTask, taskIdOf } from "../taskRun/runModel.ts";

export interface Subject {
  id: string;
  title: string;
  repo: string;
  /** What its agent answered; empty: nothing to read. */
  result: string;
  /** The profile that did the work. */
  worker: string | undefined;
  /** Another profile was tried before. */
  byFallback: boolean;
  /** Profiles that may not see its repo. */
  barred: string[];
  /** It has a review already. */
  reviewed: boolean;
}

type Place = Pick<Session, "backend" | "namespace">;
type Settled = (typeof api.runs.settled)["_returnType"][number];

/** The completed tasks of a run's folder. */
export function subjectsOfFolder(
  folder: string,
  report: RunReport,
  barredFor: (repo: string) => string[],
): Subject[] {
  return sortedResults(report)
    .filter(({ state_name }) => state_name === "COMPLETED")
    .map((one) => {
      const { repo, title } = one.repo === "" || one.title === "" ? taskFileOf(folder, one) : one;
      return {
        id: one.task_id,
        title: title === "" ? one.task_id : title,
        repo,
        result: answerOf(folder, one),
        worker: one.runner_used,
        byFallback: one.attempts.length > 1,
        barred: barredFor(repo),
        reviewed: one.review !== undefined && one.review.error === undefined,
      };
    });
}

/** Reports of other writers say neither repo nor title: the task's own file does. */
function taskFileOf(folder: string, { task_id, repo, title }: TaskResult): { repo: string; title: string } {
  try {
    const file = join(folder, attemptFolder(task_id, 0, ""), "task.json");
    const task = JSON.parse(readFileSync(file, "utf8")) as { repo?: string; title?: string };
    return { repo: task.repo ?? repo, title: task.title ?? title };
  } catch {
    return { repo, title };
  }
}

/** The whole answer, which the report only has the ends of; else what the report has. */
function answerOf(folder: string, { task_id, attempts, last_message = "" }: TaskResult): string {
  const last = attempts.length - 1;
  const place = attemptFolder(task_id, Math.max(0, last), attempts[last]?.runner ?? "none");
  for (const file of [join(place, "output.md"), join(attemptFolder(task_id, 0, ""), "output.md")]) {
    try {
      return readFileSync(join(folder, file), "utf8");
    } catch {
      // A script or another writer may have left none: the next place is looked at.
    }
  }
  return last_message;
}

/** The completed tasks of a run in the queue, by its assignment. */
export async function subjectsOfRun({ backend, namespace }: Place, run: string): Promise<Subject[]> {
  const subjects = new Map<string, Subject>();
  const reviewed = new Set<string>();
  let after: { settledAt: number; number: number } | undefined;
  for (;;) {
    const page = await backend.query(api.runs.settled, { namespace, run, ...(after && { after }) });
    for (const task of page) {
      if (task.job.status !== "complete") continue;
      if (isTask(task.job)) subjects.set(taskIdOf(task.job), subjectOf(task));
      else reviewed.add(taskIdOf(task.job));
    }
    const last = page.at(-1)?.job;
    if (last === undefined) break;
    after = { settledAt: last.settledAt ?? 0, number: last.number };
  }
  return [...subjects.values()].map((one) => ({ ...one, reviewed: reviewed.has(one.id) }));
}

/** One job, whatever it belongs to. */
export async function subjectOfJob({ backend, namespace }: Place, handle: string): Promise<Subject[]> {
  const { job, attempts } = await backend.query(api.jobs.get, { namespace, job: handle });
  if (job.status !== "complete") return [];
  return [subjectOf({ job, attempts, result: job.result ?? "" })];
}

function subjectOf({ job, attempts, result = "" }: Settled): Subject {
  return {
    id: taskIdOf(job),
    title: job.title,
    repo: job.repo ?? "",
    result,
    worker: attempts.at(-1)?.profile,
    byFallback: attempts.length > 1 || attempts.at(-1)?.profile !== job.cascade[0],
    barred: job.barred ?? [],
    reviewed: false,
  };
}
