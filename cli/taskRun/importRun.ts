import { randomBytes } from "node:crypto";
import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment } from "../../domain/assignmentState.ts";
import { jobKeyOf, reviewKeyOf } from "../../domain/taskFile/jobKey.ts";
import type { PlannedTask } from "../../domain/taskFile/plan.ts";
import type { Backend } from "../backend/client.ts";
import { defined } from "../../domain/defined.ts";
import { CliError, EXIT } from "../output/errors.ts";
import type { RunOrder } from "./order.ts";

/** Tasks in one call: a loaded machine must do them within the second that a function has. */
const MAX_CALL_TASKS = 200;
/** Bytes of the prompts in one call: far below the 16 MiB that a call may carry. */
const MAX_CALL_BYTES = 4 * 1024 * 1024;
/** Runs that are looked through for one whose creation may have been lost on the way back. */
const NEWEST_RUNS = 50;
/** Dependencies in one call: below what the backend takes. */
const MAX_CALL_EDGES = 3500;

export interface ImportedRun {
  id: string;
  assignment: number;
  /** How many are in. */
  tasks: number;
}

export interface ImportOptions {
  label: string;
  runId: string;
  /** Pool of the jobs; absent: the default one, which every runner of the namespace serves. */
  pool?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Told of each task that is in. */
  onInserted?: (id: string, handle: string) => void;
}

type NewJob = (typeof api.runs.insert)["_args"]["jobs"][number];

/** A new run's public id: 12 hex characters. */
export function newRunId(): string {
  return randomBytes(6).toString("hex");
}

/**
 * Puts a run into the queue: the run itself, then its tasks in calls of bounded size. Nothing of it starts before all
 * of it is in, and an import that fails is undone: half a file must never run. Ends early, with what is in, when
 * `signal` is aborted; the caller cancels it then.
 * @throws CliError that says what became of the part that was in
 */
export async function importRun(
  backend: Backend,
  order: RunOrder,
  options: ImportOptions,
): Promise<ImportedRun> {
  await supersede(backend, order);
  try {
    const run = await createRun(backend, order, options);
    await insertAll(backend, order, { ...options, run });
    const { namespace } = order;
    if (options.signal?.aborted !== true)
      await backend.mutation(api.assignments.update, {
        namespace,
        assignment: String(run.assignment),
        status: "active",
      });
    return run;
  } catch (error) {
    throw await undone(backend, { namespace: order.namespace, runId: options.runId, cause: error as Error });
  }
}

async function createRun(backend: Backend, order: RunOrder, options: ImportOptions): Promise<ImportedRun> {
  const { namespace } = order;
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
    held: true,
    ...defined({ review: order.review, parent: order.parent }),
  });
  return { id, assignment, tasks: 0 };
}

async function insertAll(
  backend: Backend,
  order: RunOrder,
  { run, pool, signal, onInserted }: ImportOptions & { run: ImportedRun },
): Promise<void> {
  for (const batch of batches(order.tasks)) {
    if (signal?.aborted === true) return;
    const jobs = batch.map((task) => newJob(task, order, pool));
    const inserted = await insert(backend, { namespace: order.namespace, run: run.id, jobs });
    run.tasks += jobs.length;
    for (const [i, { handle }] of inserted.entries()) onInserted?.(batch[i]?.id ?? handle, handle);
  }
}

/** The error of an import that failed, with what was in canceled. The answer to the creation may be what was lost. */
async function undone(
  backend: Backend,
  { namespace, runId, cause }: { namespace: string; runId: string; cause: Error },
): Promise<CliError> {
  const code = cause instanceof CliError ? cause.exitCode : EXIT.failed;
  const error = (what: string) =>
    new CliError(`the import failed, ${what}: ${cause.message}`, code, { cause });
  try {
    const runs = await backend.query(api.runs.list, { namespace, limit: NEWEST_RUNS });
    const run = runs.find(({ key }) => key === runId);
    if (run === undefined) return error("nothing was enqueued");
    const assignment = String(run.assignment);
    await backend.mutation(api.assignments.update, { namespace, assignment, status: "canceled" });
    return error(`nothing of it runs, and what was in (run ${assignment}) is canceled`);
  } catch {
    return error(
      "and what is in could not be canceled. Nothing of it runs: `drover runs` names it as blocked, `drover cancel` removes it",
    );
  }
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

/** Makes the namespace ready for an order: one that declares profiles refuses jobs that name others. */
export async function declareProfiles(backend: Backend, { namespace, profiles }: RunOrder): Promise<void> {
  const known = await backend.query(api.namespaces.get, { namespace });
  const names = profiles.map(({ name }) => name);
  const missing =
    known !== null && known.profiles.length > 0 && names.some((name) => !known.profiles.includes(name));
  if (known !== null && !missing) return;
  const all = known === null ? undefined : [...new Set([...known.profiles, ...names])];
  await backend.mutation(api.namespaces.ensure, defined({ namespace, profiles: all }));
}

function newJob(task: PlannedTask, order: RunOrder, pool: string | undefined): NewJob {
  const review = task.isReview === true;
  return {
    type: review ? "review" : task.isScript ? "script" : "implement",
    key: review ? reviewKeyOf(task.id) : jobKeyOf(task.id),
    title: task.title,
    context: task.prompt,
    cascade: task.cascade,
    priority: task.priority,
    ...(task.repo === "" ? {} : { repo: task.repo }),
    // One agent per repo, and scripts change checkouts as well.
    lock: review ? null : `repo:${task.repo}`,
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
