/** Task ids as keys of jobs. A task may be called `1` or `2.3`, which the queue reads as handles. */
import { parseHandle } from "../handle.ts";

const TASK = "task:";
const REVIEW = "review:";

/** The key of a task's job. */
export function jobKeyOf(id: string): string {
  const taken = parseHandle(id) !== undefined || id.startsWith(TASK) || id.startsWith(REVIEW);
  return taken ? TASK + id : id;
}

/** The key of the job that reviews a task. */
export function reviewKeyOf(id: string): string {
  return REVIEW + jobKeyOf(id);
}

/** The task of a job's key, and whether the job is the review of it. */
export function taskOfKey(key: string): { id: string; isReview: boolean } {
  const isReview = key.startsWith(REVIEW);
  const own = isReview ? key.slice(REVIEW.length) : key;
  return { id: own.startsWith(TASK) ? own.slice(TASK.length) : own, isReview };
}
