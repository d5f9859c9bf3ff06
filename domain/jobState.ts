/**
 * The states of a job and the legal transitions between them: the one table from which the schema's
 * literals, the CLI's colours, the documentation and the tests derive. See SPEC.md §4.
 */
export const JOB_STATES = [
  "pending",
  "running",
  "awaiting_retry",
  "awaiting_approval",
  "complete",
  "failed",
  "skipped",
  "canceled",
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Terminal states: the first terminal write wins, a late one is kept on its attempt only. */
export const TERMINAL_JOB_STATES = ["complete", "failed", "skipped", "canceled"] as const;
export type TerminalJobState = (typeof TERMINAL_JOB_STATES)[number];

export const JOB_TRANSITIONS: Readonly<Record<JobState, readonly JobState[]>> = {
  pending: ["running", "awaiting_retry", "awaiting_approval", "skipped", "canceled"],
  // `pending` again: the lease lapsed or the run was interrupted, and the job waits for another session.
  running: ["complete", "failed", "pending", "awaiting_retry", "awaiting_approval", "canceled"],
  awaiting_retry: ["pending", "failed", "skipped", "canceled"],
  awaiting_approval: ["pending", "failed", "skipped", "canceled"],
  complete: [],
  // A person may retry what did not end well: a new attempt of the same job, never a lower attempt number.
  failed: ["pending"],
  skipped: ["pending"],
  canceled: ["pending"],
};

export function isTerminalJob(state: JobState): state is TerminalJobState {
  return (TERMINAL_JOB_STATES as readonly JobState[]).includes(state);
}

export function canJobMove(from: JobState, to: JobState): boolean {
  return JOB_TRANSITIONS[from].includes(to);
}
