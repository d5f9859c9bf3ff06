/** What is to be known of a run without its task file: from the queue alone. */
import { api } from "../../convex/_generated/api.js";
import type { PlannedTask } from "../../domain/taskFile/plan.ts";
import type { Backend } from "../backend/client.ts";
import { isTask, type RunJob, type RunModel, taskIdOf } from "./runModel.ts";

/** Where the pages of settled jobs go on. */
export type SettledCursor = { settledAt: number; number: number } | undefined;

/** Takes in what has settled behind `after`, and tells each task; gives where to go on. */
export async function pullSettled(
  { backend, namespace, run }: { backend: Backend; namespace: string; run: string },
  { model, after, say }: { model: RunModel; after: SettledCursor; say: (id: string) => void },
): Promise<SettledCursor> {
  let cursor = after;
  for (;;) {
    const page = await backend.query(api.runs.settled, { namespace, run, ...(cursor && { after: cursor }) });
    learnJobs(
      model,
      page.map(({ job }) => job),
    );
    for (const task of page) {
      const id = model.settle(task);
      if (id !== null) say(id);
    }
    const last = page.at(-1)?.job;
    if (last === undefined) return cursor;
    cursor = { settledAt: last.settledAt ?? 0, number: last.number };
  }
}

/** Tasks of a run whose file lies elsewhere are known from its jobs, as they show. */
export function learnJobs(model: RunModel, jobs: readonly RunJob[]): void {
  for (const job of jobs) {
    const id = taskIdOf(job);
    if (!isTask(job) || model.task(id) !== undefined) continue;
    model.handles.set(id, job.handle);
    const { title, priority, cascade, repo = "" } = job;
    const task = {
      id,
      repo,
      title,
      prompt: "",
      priority,
      dependsOn: [],
      cascade,
      barred: [],
      isScript: job.class === "script",
    };
    model.learn({ ...task, source: { id } as PlannedTask["source"] });
  }
}
