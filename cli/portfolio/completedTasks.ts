import { api } from "../../convex/_generated/api.js";
import { jobKeyOf, taskOfKey } from "../../domain/taskFile/jobKey.ts";
import type { CompletedJob } from "../../portfolio/audit/model.ts";
import type { Reachable } from "../backend/ifThere.ts";

/** Task ids in one call: what `jobs:completed` takes. */
const MAX_CALL_IDS = 100;

/** Which of these tasks are complete in the queue, with the job that did each as evidence. */
export async function completedTasks(
  { backend, namespace }: Reachable,
  ids: readonly string[],
): Promise<CompletedJob[]> {
  const found: CompletedJob[] = [];
  for (let at = 0; at < ids.length; at += MAX_CALL_IDS) {
    const keys = ids.slice(at, at + MAX_CALL_IDS).map(jobKeyOf);
    const jobs = await backend.query(api.jobs.completed, { namespace, keys });
    for (const { key, handle, repo, settledAt } of jobs) {
      const day = new Date(settledAt).toISOString().slice(0, 10);
      const evidence = `job ${handle} of ${namespace} is complete since ${day}`;
      found.push({ id: taskOfKey(key).id, evidence, ...(repo === undefined ? {} : { repo }) });
    }
  }
  return found;
}
