/**
 * What must hold after the faults: the invariants of the queue, checked on what the agents, the queue and the
 * machine say. Pure: facts in, sentences about what is wrong out.
 */
import { isTerminalJob, type JobState } from "../../domain/jobState.ts";
import type { Entry } from "./journal.ts";

export interface AttemptFact {
  number: number;
  outcome?: string | undefined;
  endedAt?: number | undefined;
}

export interface JobFact {
  key: string;
  handle: string;
  status: JobState;
  attempt: number;
  lostCount: number;
  result?: string | undefined;
  after: string[];
  lock: string | null;
  attempts: AttemptFact[];
  /** Of the last attempt. */
  events: { seq: number }[];
}

/** Sentences, one for each violation; none when all is well. */
export function violations(
  jobs: readonly JobFact[],
  planned: readonly string[],
  journal: readonly Entry[],
): string[] {
  return [
    ...inserted(jobs, planned),
    ...jobs.flatMap(ended),
    ...jobs.flatMap(epochs),
    ...jobs.flatMap(eventsWhole),
    ...executions(jobs, journal),
    ...order(jobs, journal),
    ...locks(jobs, journal),
  ];
}

/** Every acknowledged job exists, once. */
function inserted(jobs: readonly JobFact[], planned: readonly string[]): string[] {
  const keys = jobs.map((job) => job.key);
  const missing = planned.filter((key) => !keys.includes(key));
  const twice = keys.filter((key, i) => keys.indexOf(key) !== i);
  return [
    ...missing.map((key) => `${key}: inserted, but gone`),
    ...twice.map((key) => `${key}: inserted twice`),
  ];
}

/** Terminal, by one attempt, with the result of the attempt that held the lease at the end. */
function ended({ handle, status, attempt, attempts, result }: JobFact): string[] {
  if (!isTerminalJob(status)) return [`${handle}: not at its end (${status})`];
  const deciding = attempts.filter((one) => ["complete", "failed"].includes(one.outcome ?? ""));
  const found: string[] = [];
  if (deciding.length > 1) found.push(`${handle}: ended by ${deciding.length} attempts`);
  if (status !== "complete") return found;
  if (deciding[0]?.number !== attempt)
    found.push(`${handle}: complete, but attempt ${attempt} is not the one that completed it`);
  const text = `done ${handle} ${attempt}`;
  if (!(result ?? "").includes(text) || /done/g.exec(result ?? "")?.length !== 1)
    found.push(`${handle}: its result is not that of attempt ${attempt}: ${(result ?? "").slice(-80)}`);
  return found;
}

/** Attempts are numbered 1, 2, 3 … and all closed; losses stay within their cap. */
function epochs({ handle, attempt, attempts, lostCount }: JobFact): string[] {
  const numbers = attempts.map((one) => one.number);
  const found: string[] = [];
  if (numbers.some((number, i) => number !== i + 1) || (numbers.at(-1) ?? 0) !== attempt)
    found.push(`${handle}: attempts ${numbers.join(",")} for epoch ${attempt}`);
  for (const one of attempts)
    if (one.endedAt === undefined) found.push(`${handle}: attempt ${one.number} is still open`);
  if (lostCount > 3) found.push(`${handle}: lost ${lostCount} times`);
  return found;
}

/** The events of the last attempt are numbered without a hole and without a repetition. */
function eventsWhole({ handle, events }: JobFact): string[] {
  const hole = events.findIndex((event, i) => event.seq !== i);
  return hole < 0 ? [] : [`${handle}: event ${hole} of the last attempt has number ${events[hole]?.seq}`];
}

/** An attempt is started once, and nothing of it works any more once the next one has started. */
function executions(jobs: readonly JobFact[], journal: readonly Entry[]): string[] {
  const found: string[] = [];
  for (const [handle, entries] of byJob(journal)) {
    const job = jobs.find((one) => one.handle === handle);
    if (job === undefined) found.push(`${handle}: ran, but the queue does not know it`);
    let latest = 0;
    const starts = new Map<number, number>();
    for (const { attempt, word } of entries) {
      if (word === "start") starts.set(attempt, (starts.get(attempt) ?? 0) + 1);
      if (attempt < latest) found.push(`${handle}: attempt ${attempt} worked on after ${latest} had started`);
      latest = Math.max(latest, attempt);
    }
    for (const [attempt, count] of starts)
      if (count > 1) found.push(`${handle}: attempt ${attempt} was executed ${count} times`);
    if (latest > (job?.attempt ?? latest)) found.push(`${handle}: ran as ${latest}, which nobody claimed`);
  }
  return [...new Set(found)];
}

/** No job starts before the jobs that it waits for are done. */
function order(jobs: readonly JobFact[], journal: readonly Entry[]): string[] {
  const handles = new Map(jobs.map((job) => [job.key, job.handle]));
  return jobs.flatMap((job) => {
    const first = journal.findIndex((entry) => entry.job === job.handle);
    if (first < 0) return [];
    return job.after
      .map((key) => handles.get(key))
      .filter((parent) => journal.findLastIndex((entry) => entry.job === parent) > first)
      .map((parent) => `${job.handle}: started before ${parent} was done`);
  });
}

/** Of the jobs with one lock, one works at a time. */
function locks(jobs: readonly JobFact[], journal: readonly Entry[]): string[] {
  const lockOf = new Map(jobs.map((job) => [job.handle, job.lock]));
  const holders = new Map<string, string[]>();
  for (const { job, attempt } of journal) {
    const lock = lockOf.get(job);
    if (lock === null || lock === undefined) continue;
    const seen = holders.get(lock) ?? [];
    const holder = `${job}#${attempt}`;
    if (seen.at(-1) !== holder) seen.push(holder);
    holders.set(lock, seen);
  }
  return [...holders].flatMap(([lock, seen]) =>
    seen
      .filter((holder, i) => seen.indexOf(holder) !== i)
      .map((holder) => `${lock}: ${holder} worked while another job had the lock`),
  );
}

function byJob(journal: readonly Entry[]): Map<string, Entry[]> {
  const jobs = new Map<string, Entry[]>();
  for (const entry of journal) jobs.set(entry.job, [...(jobs.get(entry.job) ?? []), entry]);
  return jobs;
}
