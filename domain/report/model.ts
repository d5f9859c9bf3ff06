/**
 * The report of a run, in the JSON that scripts around task files have always read: results by task id, states as
 * integers, durations in nanoseconds. `state_name` and `duration_ms` say the same for people.
 */

/** The integers of `state`. They never change: a reader of one version must read the others. */
export const REPORT_STATES = [
  "PENDING",
  "READY",
  "RUNNING",
  "COMPLETED",
  "FAILED",
  "SKIPPED",
  "RATE_LIMITED",
] as const;
export type ReportState = (typeof REPORT_STATES)[number];

export const stateNumber = (state: ReportState): number => REPORT_STATES.indexOf(state);

export interface Tokens {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
}

export interface AttemptResult {
  runner: string;
  state: number;
  state_name: ReportState;
  duration: number;
  duration_ms: number;
  error?: string;
  output_dir?: string;
  verdict?: string;
}

export interface ReviewResult {
  runner: string;
  passed: boolean;
  summary: string;
  duration: number;
  error?: string;
}

export interface TaskResult {
  task_id: string;
  state: number;
  state_name: ReportState;
  title: string;
  repo: string;
  started_at?: string;
  ended_at?: string;
  duration: number;
  duration_ms: number;
  output_dir: string;
  last_message?: string;
  error?: string;
  resets_at?: string;
  runner_used?: string;
  attempts: AttemptResult[];
  review?: ReviewResult;
  tokens_used?: Tokens;
  cost_usd?: number;
  /** The job in the queue, like `12.3`. */
  job?: string;
}

export interface RunReport {
  timestamp: string;
  run_id: string;
  parent_run_id?: string;
  /** The assignment of the run in its queue. */
  assignment?: number;
  tasks_files: string[];
  workers: number;
  filter?: string;
  repos_dir: string;
  /** Somebody stopped it, or it broke off: see `error`. */
  interrupted?: boolean;
  /** Why the run broke off. */
  error?: string;
  results: Record<string, TaskResult>;
  total_tasks: number;
  completed: number;
  failed: number;
  skipped: number;
  rate_limited: number;
  total_duration: number;
  total_duration_ms: number;
  total_tokens: Tokens;
  total_cost_usd: number;
  resets_at?: string;
}

/** Results in the order of their ids: the order of a text must not depend on that of a map. */
export function sortedResults(report: RunReport): TaskResult[] {
  return Object.values(report.results).sort((a, b) =>
    a.task_id < b.task_id ? -1 : a.task_id > b.task_id ? 1 : 0,
  );
}
