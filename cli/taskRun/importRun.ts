import { randomBytes } from "node:crypto";
import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment } from "../../domain/assignmentState.ts";
import { jobKeyOf } from "../../domain/taskFile/jobKey.ts";
import type { PlannedTask } from "../../domain/taskFile/plan.ts";
import type { Backend } from "../backend/client.ts";
import { defined } from "../../domain/defined.ts";
import type { RunOrder } from "./order.ts";

/** Tasks in one call: a loaded machine must do them within the second that a function has. */
const MAX_CALL_TASKS = 200;
/** Bytes of the prompts in one call: far below the 16 MiB that a call may carry. */
const MAX_CALL_BYTES = 4 * 1024 * 1024;
/** Dependencies in one call: below what the backend takes. */
const MAX_CALL_EDGES = 3500;

export interface ImportedRun {
  id: string;
  assignment: number;
  /** Task id → handle of its job. */
  handles: Map<string, string>;
}

export interface ImportOptions {
  label: string;
  runId: string;
  /** Pool of the jobs; absent: the default one, which every runner of the namespace serves. */
  pool?: string | undefined;
  signal?: AbortSignal | undefined;
}

type NewJob = (typeof api.runs.insert)["_args"]["jobs"][number];

/** A new run's public id: 12 hex characters. */
export function newRunId(): string {
  return randomBytes(6).toString("hex");
}

/**
 * Puts a run into the queue: its profiles, the run itself, then its tasks in calls of bounded size. The same `runId`
 * again goes on where an earlier import was cut off. Ends early, with what is in, when `signal` is aborted.
 */
export async function importRun(
  backend: Backend,
  order: RunOrder,
  options: ImportOptions,
): Promise<ImportedRun> {
  const { namespace } = order;
  await declareProfiles(backend, order);
  await supersede(backend, order);
  const { id, assignment } = await backend.mutation(api.runs.create, {
    namespace,
    northStar:
      order.file.description === ""
        ? `Task file ${order.tasksFiles.join(", ")}`.slice(0, 1000)
        : order.file.description,
    label: options.label,
    spec: specOf(order),
    tasks: order.tasks.length,
    key: options.runId,
    failFast: order.failFast,
    ...defined({ review: order.review, parent: order.parent }),
  });
  const handles = new Map<string, string>();
  for (const batch of batches(order.tasks)) {
    if (options.signal?.aborted === true) break;
    const jobs = batch.map((task) => newJob(task, order, options.pool));
    const inserted = await insert(backend, { namespace, run: id, jobs });
    inserted.forEach(({ handle }, i) => handles.set(batch[i]?.id ?? "", handle));
  }
  return { id, assignment, handles };
}

type Inserted = (typeof api.runs.insert)["_returnType"];
type InsertArgs = { namespace: string; run: string; jobs: NewJob[] };

/** One call, or two of half the size where the backend ran out of time: keys make the second try safe. */
async function insert(backend: Backend, args: InsertArgs): Promise<Inserted> {
  try {
    return await backend.mutation(api.runs.insert, args);
  } catch (error) {
    const { jobs } = args;
    if (jobs.length === 1 || !/timed out/i.test((error as Error).message)) throw error;
    const middle = Math.ceil(jobs.length / 2);
    const first = await insert(backend, { ...args, jobs: jobs.slice(0, middle) });
    return [...first, ...(await insert(backend, { ...args, jobs: jobs.slice(middle) }))];
  }
}

/** Ends what is still open of the parent run, if this backend is the one that has it. */
async function supersede(backend: Backend, { namespace, parent, supersedes }: RunOrder): Promise<void> {
  if (parent === undefined || supersedes === undefined) return;
  const assignment = String(supersedes);
  const old = await backend.query(api.runs.get, { namespace, run: assignment }).catch(() => null);
  if (old === null || old.run.key !== parent || isTerminalAssignment(old.run.status)) return;
  await backend.mutation(api.assignments.update, { namespace, assignment, status: "canceled" });
}

/** A namespace that declares profiles refuses jobs that name others. */
async function declareProfiles(backend: Backend, { namespace, profiles }: RunOrder): Promise<void> {
  const known = await backend.query(api.namespaces.get, { namespace });
  const names = profiles.map(({ name }) => name);
  const missing =
    known !== null && known.profiles.length > 0 && names.some((name) => !known.profiles.includes(name));
  if (known !== null && !missing) return;
  const all = known === null ? undefined : [...new Set([...known.profiles, ...names])];
  await backend.mutation(api.namespaces.ensure, defined({ namespace, profiles: all }));
}

function newJob(task: PlannedTask, order: RunOrder, pool: string | undefined): NewJob {
  return {
    type: task.isScript ? "script" : "implement",
    key: jobKeyOf(task.id),
    title: task.title,
    context: task.prompt,
    cascade: task.cascade,
    priority: task.priority,
    repo: task.repo,
    // One agent per repo, and scripts change checkouts as well.
    lock: `repo:${task.repo}`,
    timeoutMs: order.maxRuntimeMs,
    idleTimeoutMs: task.isScript ? null : order.idleTimeoutMs,
    ...(task.dependsOn.length > 0 ? { after: task.dependsOn.map(jobKeyOf) } : {}),
    ...(task.barred.length > 0 ? { barred: task.barred } : {}),
    ...(pool === undefined ? {} : { pool }),
  };
}

function* batches(tasks: readonly PlannedTask[]): Generator<PlannedTask[]> {
  let [batch, bytes, edges]: [PlannedTask[], number, number] = [[], 0, 0];
  for (const task of tasks) {
    const size = Buffer.byteLength(task.prompt);
    const full =
      batch.length >= MAX_CALL_TASKS ||
      bytes + size > MAX_CALL_BYTES ||
      edges + task.dependsOn.length > MAX_CALL_EDGES;
    if (full && batch.length > 0) {
      yield batch;
      [batch, bytes, edges] = [[], 0, 0];
    }
    batch.push(task);
    bytes += size;
    edges += task.dependsOn.length;
  }
  if (batch.length > 0) yield batch;
}

/** What those who look at the run later want to know of how it was asked for. */
function specOf({ tasksFiles, reposDir, workers, filter, verify, postRun }: RunOrder): string {
  return JSON.stringify({
    tasks_files: tasksFiles.slice(0, 100),
    repos_dir: reposDir,
    workers,
    filter,
    verify,
    post_run: postRun,
  });
}
