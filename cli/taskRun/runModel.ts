/** What is known of a run while it goes on: filled from the backend's pushes and pages, read by screens and reports. */
import type { FunctionReturnType } from "convex/server";
import type { api } from "../../convex/_generated/api.js";
import type { AttemptFacts, TaskFacts } from "../../domain/report/build.ts";
import { isTerminalJob } from "../../domain/jobState.ts";
import { headAndTail } from "../../domain/text.ts";
import { taskOfKey } from "../../domain/taskFile/jobKey.ts";
import type { PlannedTask } from "../../domain/taskFile/plan.ts";

export type RunStatus = FunctionReturnType<typeof api.runs.watch>;
export type RunJob = RunStatus["running"][number];
/** What the agent of a running job did last. */
export type LastAction = FunctionReturnType<typeof api.events.latest>[number];
export type SettledTask = FunctionReturnType<typeof api.runs.settled>[number];

/** Bytes of a result that are kept in memory: 10,000 tasks must not fill it, and `output.md` has it whole. */
const KEPT_RESULT_BYTES = 4096;

export interface Counts {
  total: number;
  done: number;
  running: number;
  failed: number;
  skipped: number;
  limited: number;
  queued: number;
}

export interface RunModel {
  readonly tasks: readonly PlannedTask[];
  readonly facts: ReadonlyMap<string, TaskFacts>;
  readonly reviews: ReadonlyMap<string, TaskFacts>;
  /** The task of this id. */
  task: (id: string) => PlannedTask | undefined;
  /** Adds a task that was not known from a file. */
  learn(task: PlannedTask): void;
  status: RunStatus | null;
  /** What running jobs did last, by handle; filled only while a screen is open. */
  readonly actions: Map<string, LastAction>;
  /** Handles of tasks that are in the queue, by id: what has not started may be canceled, too. */
  readonly handles: Map<string, string>;
  /** Takes a push in; true when it shows settled jobs that are not known yet. */
  push(status: RunStatus): boolean;
  /** Takes a settled job in; gives the task's id, or null for a review. */
  settle(task: SettledTask): string | null;
  allSettled(): boolean;
  counts(): Counts;
}

export function runModel(given: readonly PlannedTask[]): RunModel {
  const tasks = [...given];
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const facts = new Map<string, TaskFacts>();
  const reviews = new Map<string, TaskFacts>();
  const tally = { done: 0, failed: 0, skipped: 0 };
  const count = (known: TaskFacts | undefined, by: 1 | -1) => {
    if (known?.status === "complete") tally.done += by;
    else if (known?.status === "failed" || (known?.status === "canceled" && known.attempts.length > 0))
      tally.failed += by;
    else if (known !== undefined && isTerminalJob(known.status)) tally.skipped += by;
  };
  const put = (job: RunJob, attempts: AttemptFacts[], result?: string) => {
    const [into, id] = placeOf(job, facts, reviews);
    if (into === facts) count(facts.get(id), -1);
    into.set(id, factsOf(job, attempts, result));
    if (into === facts) count(facts.get(id), 1);
  };
  const model: RunModel = {
    tasks,
    facts,
    reviews,
    task: (id) => byId.get(id),
    learn(task) {
      if (byId.has(task.id)) return;
      byId.set(task.id, task);
      tasks.push(task);
    },
    status: null,
    actions: new Map(),
    handles: new Map(),
    push(status) {
      model.status = status;
      for (const job of [...status.running, ...status.parked]) {
        const [into, id] = placeOf(job, facts, reviews);
        put(job, into.get(id)?.attempts ?? []);
      }
      return status.recent.some((job) => {
        const [into, id] = placeOf(job, facts, reviews);
        const known = into.get(id);
        return known === undefined || !isTerminalJob(known.status) || known.settledAt !== job.settledAt;
      });
    },
    settle({ job, attempts, result }) {
      put(job, attempts, result);
      return isTask(job) ? taskIdOf(job) : null;
    },
    allSettled: () => tally.done + tally.failed + tally.skipped >= tasks.length,
    counts() {
      const running = model.status?.running.filter(isTask).length ?? 0;
      const limited = model.status?.parked.filter(isTask).length ?? 0;
      const { done, failed, skipped } = tally;
      const queued = Math.max(0, tasks.length - done - failed - skipped - running - limited);
      return { total: tasks.length, ...tally, running, limited, queued };
    },
  };
  return model;
}

/** True for a job that is a task of the file, not a review of one. */
export function isTask({ key }: Pick<RunJob, "key">): boolean {
  return key !== undefined && !taskOfKey(key).isReview;
}

/** The id of the task that a job of a run is, or reviews. */
export function taskIdOf({ key, handle }: Pick<RunJob, "key" | "handle">): string {
  return taskOfKey(key ?? handle).id;
}

function placeOf<T>(job: RunJob, facts: Map<string, T>, reviews: Map<string, T>): [Map<string, T>, string] {
  return [isTask(job) ? facts : reviews, taskIdOf(job)];
}

function factsOf(job: RunJob, attempts: AttemptFacts[], result: string | undefined): TaskFacts {
  return {
    handle: job.handle,
    status: job.status,
    startedAt: job.startedAt,
    settledAt: job.settledAt,
    retryAt: job.retryAt,
    error: job.error,
    usage: job.usage,
    costUsd: job.costUsd,
    result: result === undefined ? undefined : headAndTail(result, KEPT_RESULT_BYTES),
    attempts: attempts.map(({ number, profile, verdict, detail, startedAt, endedAt }) => ({
      number,
      profile,
      verdict,
      detail,
      startedAt,
      endedAt,
    })),
  };
}
