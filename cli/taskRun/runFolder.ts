/** The folder of a run: everything that is needed to look at it, or to repeat it, without the queue. */
import { mkdirSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { attemptFolder, folderName } from "../../domain/report/build.ts";
import type { RunReport } from "../../domain/report/model.ts";
import { toSarif } from "../../domain/report/sarif.ts";
import { type Redact, redactor } from "../../runner/report/redact.ts";
import { readVersion } from "../commands/version.ts";
import { copyRedacted } from "./copyRedacted.ts";
import type { RunOrder } from "./order.ts";
import { reportParts } from "./reportParts.ts";
import { isTask, type SettledTask, taskIdOf } from "./runModel.ts";

/** Where runs lie, below the folder in which `run` was called. */
export const RUNS_FOLDER = ".runforge";
/** What `rerun` repeats a run from. */
export const RUN_FILE = "run.json";
/** Prompts and outputs of private work lie there: they are for their owner alone. */
const FOLDER_MODE = 0o700;
/** Runs that start in one second in one folder. */
const MAX_TWINS = 100;

export interface RunFolder {
  path: string;
  stamp: string;
  writeOrder(order: RunOrder, runId: string): Promise<void>;
  /** Files of a task that has ended. Never rejects for what a runner has cleared away. */
  writeTask(order: RunOrder, task: SettledTask): Promise<void>;
  writeReport(report: RunReport): Promise<void>;
}

/** Makes the folder of a new run: `.runforge/20260217-140000/`. */
export function makeRunFolder(base: string, now: Date): RunFolder {
  const plain = stampOf(now);
  for (let twin = 1; twin <= MAX_TWINS; twin += 1) {
    const stamp = twin === 1 ? plain : `${plain}-${twin}`;
    const path = resolve(base, RUNS_FOLDER, stamp);
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    try {
      mkdirSync(path, { mode: FOLDER_MODE });
      return openRunFolder(path, stamp);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new Error(`too many runs started in one second below ${resolve(base, RUNS_FOLDER)}`);
}

/** The folder of a run that is there. */
export function openRunFolder(path: string, stamp: string): RunFolder {
  return {
    path,
    stamp,
    writeOrder: (order, runId) => writeWhole(join(path, RUN_FILE), json(orderFile(order, runId))),
    writeTask: (order, task) => writeTask(path, order, task),
    async writeReport(report) {
      await writeWhole(join(path, "report.sarif"), json(toSarif(report, readVersion().version)));
      // Last: its presence says that the run has ended.
      await writeWhole(join(path, "report.json"), reportParts(report));
    },
  };
}

function orderFile(order: RunOrder, runId: string): object {
  const { tasks, file, ...settings } = order;
  const wanted = new Set(tasks.map(({ id }) => id));
  const { source: _source, ...rest } = file;
  return {
    run_id: runId,
    settings: { ...settings, profiles: undefined, repos: undefined, warnings: undefined },
    task_file: { ...rest, tasks: file.tasks.filter(({ id }) => wanted.has(id)) },
  };
}

async function writeTask(
  path: string,
  order: RunOrder,
  { job, attempts, result }: SettledTask,
): Promise<void> {
  const review = !isTask(job);
  const id = taskIdOf(job);
  const own = join(path, folderName(id), ...(review ? ["review"] : []));
  const placeOf = (index: number) =>
    review || index <= 0 ? own : join(path, attemptFolder(id, index, attempts[index]?.profile ?? "none"));
  await mkdir(own, { recursive: true, mode: FOLDER_MODE });
  const task = review ? undefined : taskOf(order, id);
  if (task !== undefined) await writeWhole(join(own, "task.json"), json(task.source));
  for (const [i, { outputFile }] of attempts.entries()) {
    await copyAttempt(placeOf(i), outputFile, secretsOf(order));
  }
  if (result === undefined || result === "") return;
  await writeWhole(join(placeOf(attempts.length - 1), "output.md"), result);
}

const indexes = new WeakMap<RunOrder, Map<string, RunOrder["tasks"][number]>>();

/** Looking 10,000 tasks through for each of them would be felt. */
function taskOf(order: RunOrder, id: string): RunOrder["tasks"][number] | undefined {
  const index = indexes.get(order) ?? new Map(order.tasks.map((task) => [task.id, task]));
  indexes.set(order, index);
  return index.get(id);
}

/** The files of an attempt lie with its runner; where that is another machine, or they are gone, there are none. */
async function copyAttempt(place: string, outputFile: string | undefined, redact: Redact): Promise<void> {
  await mkdir(place, { recursive: true, mode: FOLDER_MODE });
  if (outputFile === undefined) return;
  await copyRedacted(outputFile, join(place, "events.jsonl"), redact);
  await copyRedacted(join(dirname(outputFile), "stderr.log"), join(place, "stderr.log"), redact);
}

const nets = new WeakMap<RunOrder, Redact>();

function secretsOf(order: RunOrder): Redact {
  const net = nets.get(order) ?? redactor(process.env, order.profiles);
  nets.set(order, net);
  return net;
}

/** Whole or not at all: a reader must never see half a report. */
async function writeWhole(file: string, text: string | Iterable<string>): Promise<void> {
  await writeFile(`${file}.part`, text, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function stampOf(now: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

/** The report of a run's folder, or null where there is none yet. */
export async function readReport(path: string): Promise<RunReport | null> {
  try {
    return JSON.parse(await readFile(join(path, "report.json"), "utf8")) as RunReport;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
