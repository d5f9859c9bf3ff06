import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment } from "../../domain/assignmentState.ts";
import { isTerminalJob } from "../../domain/jobState.ts";
import type { Live } from "../backend/live.ts";
import type { AssignmentDetail, Job, WatchedQueue } from "../backend/wire.ts";
import { talkColor } from "../output/color.ts";
import { EXIT, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { jobState } from "../output/states.ts";
import { cut, talkColumns } from "../output/table.ts";
import { clock } from "../output/time.ts";
import { renderCause, timeOf } from "../views/jobView.ts";

/** Columns before the line that says what came out of a job: below its type. */
const SUMMARY_INDENT = 16;

export interface FollowOptions {
  live: Live;
  namespace: string;
  assignment: string;
  signal: AbortSignal;
  /** Keep waiting when everything left is limited by quota, or stuck. */
  wait: boolean;
}

export interface Followed {
  code: ExitCode;
  /** What was seen last; null when interrupted before anything came. */
  detail: AssignmentDetail | null;
}

/**
 * Says on stderr what happens in an assignment until it ends, is blocked, stuck or limited, or `signal` aborts.
 * Exit code: 0 complete, 1 failed or canceled, 3 blocked or stuck, 4 limited by quota, 130 interrupted.
 */
export async function followAssignment(options: FollowOptions): Promise<Followed> {
  const { live, namespace, assignment } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const progress = new Progress();
  let detail: AssignmentDetail | null = null;
  let stuck: WatchedQueue["stuck"] = [];
  let code: ExitCode = EXIT.interrupted;

  const judge = () => {
    const verdict = detail === null ? null : outcome(detail, stuck);
    if (verdict === null || (verdict.mayWait && options.wait) || ended.signal.aborted) return;
    say(verdict.text);
    code = verdict.code;
    ended.abort();
  };
  const watching = async () => {
    for await (const queue of live.follow(api.scheduler.watchQueue, { namespace }, signal)) {
      stuck = queue.stuck;
      judge();
    }
  };
  const following = async () => {
    for await (const now of live.follow(api.assignments.get, { namespace, assignment }, signal)) {
      detail = now;
      progress.show(now.jobs);
      judge();
    }
  };
  try {
    await Promise.all([following(), watching()]);
  } finally {
    ended.abort();
  }
  return { code, detail };
}

interface Verdict {
  code: ExitCode;
  text: string;
  /** With `--wait` it is no reason to end. */
  mayWait: boolean;
}

/** How it ended, or null while it goes on. */
function outcome({ assignment: a, jobs }: AssignmentDetail, stuck: WatchedQueue["stuck"]): Verdict | null {
  const name = `assignment ${a.number}`;
  // The PM that ended it still writes its last words, and a canceled agent is still being stopped.
  if (jobs.some((job) => job.status === "running")) return null;
  if (a.status === "complete") return { code: EXIT.ok, text: `${name} is complete`, mayWait: false };
  if (isTerminalAssignment(a.status))
    return { code: EXIT.failed, text: `${name} is ${a.status}`, mayWait: false };
  if (a.status === "blocked") {
    const why = a.blocked === undefined ? "" : ` (${a.blocked.owner} must act): ${a.blocked.reason}`;
    return { code: EXIT.stuck, text: `${name} is blocked${why}`, mayWait: true };
  }
  return limited(name, jobs) ?? stuckOutcome(name, jobs, stuck);
}

function limited(name: string, jobs: Job[]): Verdict | null {
  const open = jobs.filter((job) => !isTerminalJob(job.status));
  const parked = open.filter((job) => job.status === "awaiting_retry");
  const moving = open.some((job) => job.status === "running" || (job.status === "pending" && job.ready));
  if (parked.length === 0 || moving) return null;
  const until = Math.min(...parked.map((job) => job.retryAt ?? Infinity));
  const when = Number.isFinite(until) ? `: goes on at ${clock(until)}` : "";
  return {
    code: EXIT.limited,
    text: `${name}: everything left is limited by quota${when}; a runner will take it up`,
    mayWait: true,
  };
}

function stuckOutcome(name: string, jobs: Job[], stuck: WatchedQueue["stuck"]): Verdict | null {
  const mine = stuck.filter(({ handle }) => jobs.some((job) => job.handle === handle));
  if (mine.length === 0) return null;
  const why = mine.flatMap(({ handle, causes }) =>
    causes.map((cause) => `  ${handle}: ${renderCause(cause, Date.now())}`),
  );
  return { code: EXIT.stuck, text: `${name} is stuck:\n${why.join("\n")}`, mayWait: true };
}

/** One line when a job starts, one when it ends, one when something beside its own assignment keeps it. */
class Progress {
  readonly #shown = new Map<string, string>();

  show(jobs: Job[]): void {
    for (const job of jobs) {
      const state = `${job.status}#${job.attempt}#${waitingText(job) ?? ""}`;
      if (this.#shown.get(job.id) === state) continue;
      this.#shown.set(job.id, state);
      const line = progressLine(job);
      if (line !== null) say(line);
    }
  }
}

function progressLine(job: Job): string | null {
  const head = `${talkColor.dim(clock(Date.now()))} ${job.handle.padEnd(6)} ${job.type.padEnd(9)} ${jobState(job.status)}`;
  if (job.status === "running") return `${head} ${talkColor.dim(job.profileUsed ?? job.cascade[0] ?? "")}`;
  if (job.status === "awaiting_retry")
    return `${head} until ${job.retryAt === undefined ? "later" : clock(job.retryAt)}`;
  if (!isTerminalJob(job.status)) {
    const waiting = waitingText(job);
    return waiting === null ? null : `${head} ${talkColor.dim(waiting)}`;
  }
  const time = timeOf(job, Date.now());
  const about = job.error ?? job.summary;
  const indent = " ".repeat(SUMMARY_INDENT);
  const text = about === "" ? "" : `\n${indent}${cut(about, talkColumns() - SUMMARY_INDENT)}`;
  return `${head} ${talkColor.dim(time)}${text}`;
}

/** Without it, a job behind a foreign one looks like a tool that hangs. */
function waitingText({ status, waitingFor, lockKey, notBefore, handle }: Job): string | null {
  if (status !== "pending") return null;
  const [reason] = waitingFor;
  const more = `\`drover explain ${handle}\` says which`;
  if (reason === "lock") return `waits: another job has the lock ${lockKey ?? ""}; ${more}`;
  if (reason === "assignment") return `waits: another assignment has the turn; ${more}`;
  if (reason === "time") return `waits until ${notBefore === undefined ? "its time" : clock(notBefore)}`;
  return null;
}
