import type { JobState } from "../jobState.ts";
import { tokensIn, type Usage } from "../usage.ts";
import type { PlannedTask } from "../taskFile/plan.ts";
import { isLimit, VERDICT_KINDS, type VerdictKind } from "../verdict.ts";
import {
  type AttemptResult,
  type ReportState,
  type ReviewResult,
  type RunReport,
  stateNumber,
  type TaskResult,
  type Tokens,
} from "./model.ts";

const NS_PER_MS = 1_000_000;
/** Characters of a review's summary. */
const MAX_SUMMARY = 500;

/** What the queue knows of a task. */
export interface TaskFacts {
  handle: string;
  status: JobState;
  startedAt?: number | undefined;
  settledAt?: number | undefined;
  retryAt?: number | undefined;
  error?: string | undefined;
  result?: string | undefined;
  usage?: Usage | undefined;
  costUsd?: number | undefined;
  attempts: AttemptFacts[];
}

export interface AttemptFacts {
  number: number;
  profile?: string | undefined;
  verdict?: string | undefined;
  detail?: string | undefined;
  startedAt: number;
  endedAt?: number | undefined;
}

export interface ReportFacts {
  meta: Pick<RunReport, "run_id" | "tasks_files" | "workers" | "repos_dir"> &
    Partial<Pick<RunReport, "parent_run_id" | "filter" | "assignment" | "interrupted" | "error">>;
  startedAt: number;
  endedAt: number;
  tasks: readonly PlannedTask[];
  facts: ReadonlyMap<string, TaskFacts>;
  /** Reviews by the id of the task. */
  reviews: ReadonlyMap<string, TaskFacts>;
}

/** Puts the report of a run together; whole at any moment, also of a run that was interrupted. */
export function buildReport(input: ReportFacts): RunReport {
  const results: Record<string, TaskResult> = {};
  for (const task of input.tasks) results[task.id] = resultOf(task, input);
  const all = Object.values(results);
  const count = (state: ReportState) => all.filter((one) => one.state_name === state).length;
  const resets = all.flatMap(({ resets_at }) => (resets_at === undefined ? [] : [resets_at])).sort();
  const last = resets.at(-1);
  const durationMs = Math.max(0, input.endedAt - input.startedAt);
  return {
    timestamp: new Date(input.startedAt).toISOString(),
    ...input.meta,
    results,
    total_tasks: all.length,
    completed: count("COMPLETED"),
    failed: count("FAILED"),
    skipped: count("SKIPPED"),
    rate_limited: count("RATE_LIMITED"),
    total_duration: durationMs * NS_PER_MS,
    total_duration_ms: durationMs,
    total_tokens: all.reduce((sum, one) => addTokens(sum, one.tokens_used), NO_TOKENS),
    total_cost_usd: all.reduce((sum, one) => sum + (one.cost_usd ?? 0), 0),
    ...(last === undefined ? {} : { resets_at: last }),
  };
}

const NO_TOKENS: Tokens = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };

function addTokens(a: Tokens, b: Tokens = NO_TOKENS): Tokens {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  };
}

function resultOf(task: PlannedTask, { facts, reviews, meta }: ReportFacts): TaskResult {
  const known = facts.get(task.id);
  const state = stateOf(known, meta.interrupted === true);
  const durationMs = Math.max(
    0,
    (known?.settledAt ?? known?.startedAt ?? 0) - (known?.startedAt ?? known?.settledAt ?? 0),
  );
  const review = reviews.get(task.id);
  return {
    task_id: task.id,
    state: stateNumber(state),
    state_name: state,
    title: task.title,
    repo: task.repo,
    duration: durationMs * NS_PER_MS,
    duration_ms: durationMs,
    output_dir: folderName(task.id),
    attempts: known === undefined ? [] : attemptsOf(task, known),
    ...(known === undefined ? neverStarted(meta) : optionalFacts(known, state)),
    ...(review === undefined ? {} : { review: reviewOf(review) }),
  };
}

/** A run that broke off or was stopped says so of each task that it never came to. */
function neverStarted({ interrupted, error }: ReportFacts["meta"]): Partial<TaskResult> {
  if (interrupted !== true) return {};
  return { error: error ?? "the run was stopped before it started" };
}

function optionalFacts(known: TaskFacts, state: ReportState): Partial<TaskResult> {
  const { startedAt, settledAt, result, error, usage, costUsd, retryAt } = known;
  // Of profiles that really ran: a fallback that was passed over has done nothing.
  const used = known.attempts.findLast(({ profile }) => profile !== undefined && profile !== "none")?.profile;
  const iso = (at: number) => new Date(at).toISOString();
  return {
    job: known.handle,
    ...some(startedAt, (at) => ({ started_at: iso(at) })),
    ...some(settledAt, (at) => ({ ended_at: iso(at) })),
    ...some(result === "" ? undefined : result, (last_message) => ({ last_message })),
    ...some(state === "COMPLETED" ? undefined : error, (text) => ({ error: text })),
    ...some(state === "RATE_LIMITED" ? retryAt : undefined, (at) => ({ resets_at: iso(at) })),
    ...some(used, (runner_used) => ({ runner_used })),
    ...some(usage, (all) => ({ tokens_used: tokensOf(all) })),
    ...some(costUsd, (cost_usd) => ({ cost_usd })),
  };
}

/** The field that a value becomes; none where there is no value. */
function some<T, R extends object>(value: T | undefined, field: (value: T) => R): R | object {
  return value === undefined ? {} : field(value);
}

function tokensOf(usage: Usage): Tokens {
  const { input, cached, output } = usage;
  return { input_tokens: input + cached, output_tokens: output, total_tokens: tokensIn(usage) };
}

/** The state of a job in the words of the report. A job that never ended is limited, unless a person stopped the run. */
function stateOf(known: TaskFacts | undefined, interrupted: boolean): ReportState {
  const open = interrupted ? "SKIPPED" : "PENDING";
  if (known === undefined) return open;
  switch (known.status) {
    case "complete":
      return "COMPLETED";
    case "failed":
      return "FAILED";
    case "skipped":
      return "SKIPPED";
    case "canceled":
      return canceledState(known);
    case "running":
      return interrupted ? "FAILED" : "RUNNING";
    case "awaiting_retry":
      return "RATE_LIMITED";
    case "pending":
    case "awaiting_approval":
      return open;
    default:
      return known.status satisfies never;
  }
}

/** What was canceled before it started was skipped. */
function canceledState({ attempts }: TaskFacts): ReportState {
  return attempts.length > 0 ? "FAILED" : "SKIPPED";
}

function attemptsOf(task: PlannedTask, known: TaskFacts): AttemptResult[] {
  const last = known.attempts.at(-1);
  return known.attempts.map((attempt, i) => {
    const done = attempt === last && known.status === "complete";
    const state: ReportState = done ? "COMPLETED" : attemptState(attempt);
    const durationMs = Math.max(0, (attempt.endedAt ?? attempt.startedAt) - attempt.startedAt);
    return {
      runner: attempt.profile ?? "none",
      state: stateNumber(state),
      state_name: state,
      duration: durationMs * NS_PER_MS,
      duration_ms: durationMs,
      output_dir: attemptFolder(task.id, i, attempt.profile ?? "none"),
      ...(attempt.verdict === undefined ? {} : { verdict: attempt.verdict }),
      ...(done || attempt.detail === undefined ? {} : { error: attempt.detail }),
    };
  });
}

function attemptState({ verdict, endedAt }: AttemptFacts): ReportState {
  if (endedAt === undefined) return "RUNNING";
  if (verdict === "success") return "COMPLETED";
  return isKind(verdict) && isLimit(verdict) ? "RATE_LIMITED" : "FAILED";
}

function isKind(verdict: string | undefined): verdict is VerdictKind {
  return (VERDICT_KINDS as readonly (string | undefined)[]).includes(verdict);
}

/** The review of a task as its report has it. */
export function reviewOf(facts: TaskFacts): ReviewResult {
  const answer = facts.result?.trim() ?? "";
  const durationMs = tookMs(facts);
  const failed = facts.status !== "complete" ? (facts.error ?? `the review is ${facts.status}`) : undefined;
  return {
    runner: facts.attempts.at(-1)?.profile ?? "none",
    passed: failed === undefined && (/^PASS/i.test(answer) || /VERDICT:\s*approve/i.test(answer)),
    summary: Array.from(answer).slice(0, MAX_SUMMARY).join(""),
    duration: durationMs * NS_PER_MS,
    ...(failed === undefined ? {} : { error: failed }),
  };
}

function tookMs({ startedAt, settledAt }: TaskFacts): number {
  return startedAt === undefined || settledAt === undefined ? 0 : Math.max(0, settledAt - startedAt);
}

/** A task's folder in the run's folder: its id, with what could leave the folder replaced. */
export function folderName(id: string): string {
  const safe = id.replaceAll(/[^A-Za-z0-9._-]/g, "_");
  return safe === "" || /^\.+$/.test(safe) ? `_${safe}` : safe;
}

/** The folder of a task's n-th attempt (0 the first): the first lies in the task's own. */
export function attemptFolder(id: string, index: number, profile: string): string {
  if (index === 0) return folderName(id);
  return `${folderName(id)}/attempt-${index + 1}-${folderName(profile)}`;
}
