import * as z from "zod";
import { api } from "../../convex/_generated/api.js";
import { buildReport } from "../../domain/report/build.ts";
import type { RunReport } from "../../domain/report/model.ts";
import { defined } from "../../domain/defined.ts";
import type { Session } from "../backend/session.ts";
import { learnJobs, pullSettled } from "../taskRun/learnRun.ts";
import { runModel } from "../taskRun/runModel.ts";

/** What `run` and `import` write into a run; a run of other origin has none of it. */
const spec = z.looseObject({
  tasks_files: z.array(z.string()).catch([]),
  repos_dir: z.string().catch(""),
  workers: z.number().catch(0),
  filter: z.string().optional().catch(undefined),
});

/**
 * The report of a run as its queue knows it (`run`: its assignment): of one that was enqueued with `--detach` or
 * `import`, or was started on another machine. Of a run that goes on only what moves or has ended is in it.
 */
export async function queueReport(
  { backend, namespace }: Pick<Session, "backend" | "namespace">,
  run: string,
): Promise<RunReport> {
  const place = { backend, namespace, run };
  const { run: row, spec: text } = await backend.query(api.runs.get, { namespace, run });
  const status = await backend.query(api.runs.watch, { namespace, run });
  const model = runModel([]);
  const { running, parked, ready, locked, recent } = status;
  learnJobs(model, [...running, ...parked, ...ready, ...locked, ...recent]);
  model.push(status);
  await pullSettled(place, { model, after: undefined, say: () => undefined });
  const { tasks_files, repos_dir, workers, filter } = spec.parse(JSON.parse(text));
  const report = buildReport({
    meta: {
      run_id: row.key ?? row.id,
      assignment: row.assignment,
      ...{ tasks_files, repos_dir, workers },
      ...(row.status === "canceled" ? { interrupted: true } : {}),
      ...defined({ filter, parent_run_id: row.parent }),
    },
    startedAt: row.createdAt,
    endedAt: row.endedAt ?? Date.now(),
    tasks: model.tasks,
    facts: model.facts,
    reviews: model.reviews,
  });
  return { ...report, total_tasks: Math.max(row.tasks, report.total_tasks) };
}
