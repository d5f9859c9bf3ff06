/**
 * The registry of job types: how each is executed, how long it may take and whether it needs the repo alone.
 * A type of class `agent` is rendered from `templates/<type>.md`; class `script` runs its context as a command.
 */
export const JOB_CLASSES = ["agent", "script", "action"] as const;
export type JobClass = (typeof JOB_CLASSES)[number];

const MINUTE_MS = 60_000;

interface JobTypeRule {
  class: JobClass;
  /** Longest time of one attempt, in milliseconds. */
  timeoutMs: number;
  /** Longest silence on stdout, in milliseconds; null: silence is normal. */
  idleTimeoutMs: number | null;
  /** True: one such job per repo at a time, because it edits or must not see a half-edited checkout. */
  locksRepo: boolean;
}

const agent = (minutes: number, locksRepo = true): JobTypeRule => ({
  class: "agent",
  timeoutMs: minutes * MINUTE_MS,
  idleTimeoutMs: 5 * MINUTE_MS,
  locksRepo,
});

export const JOB_TYPES = {
  plan: agent(10),
  implement: agent(30),
  review: agent(30),
  uat: agent(30),
  document: agent(30),
  pm: agent(10, false),
  chat: agent(10, false),
  script: { class: "script", timeoutMs: 30 * MINUTE_MS, idleTimeoutMs: null, locksRepo: false },
} as const satisfies Record<string, JobTypeRule>;

export type JobType = keyof typeof JOB_TYPES;
export const JOB_TYPE_NAMES = Object.keys(JOB_TYPES) as [JobType, ...JobType[]];

export function isJobType(name: string): name is JobType {
  return Object.hasOwn(JOB_TYPES, name);
}
