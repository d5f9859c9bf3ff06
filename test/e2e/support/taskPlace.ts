/** A folder with two repos, task files and a DROVER_HOME of its own, in which the CLI is called as a process. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Call, drover, type Json, start } from "./drover.ts";

export interface TaskPlace {
  folder: string;
  env: Record<string, string>;
  /** Writes a file below the folder: a text as it is, anything else as JSON. */
  write: (name: string, value: unknown) => void;
  /** Writes tasks.json, whose default runner is the shell. */
  tasks: (list: object[], more?: object) => void;
  /** Runs a command in the folder. */
  call: (...args: string[]) => Promise<Call>;
  /** `drover run` of tasks.json with the repos of the folder. */
  run: (...args: string[]) => Promise<Call>;
  /** Starts a command that goes on. */
  start: (...args: string[]) => ReturnType<typeof start>;
  close: () => void;
}

/** Makes the place; every command in it brings its own host on a free port, unless `url` names one. */
export function openTaskPlace(url = "http://127.0.0.1:0"): TaskPlace {
  const folder = mkdtempSync(join(tmpdir(), "drover-tasks-"));
  for (const repo of ["a", "b"]) mkdirSync(join(folder, "repos", repo), { recursive: true });
  const env = { DROVER_HOME: join(folder, "home"), DROVER_URL: url };
  const write = (name: string, value: unknown) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
  };
  const call = (...args: string[]) => drover(args, { cwd: folder, env });
  return {
    folder,
    env,
    write,
    tasks: (list, more = {}) => write("tasks.json", { default_runner: "script", tasks: list, ...more }),
    call,
    run: (...args) => call("run", "--tasks", "tasks.json", "--repos-dir", "repos", ...args),
    start: (...args) => start(args, { cwd: folder, env }),
    close: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A task of repo `o/a`, unless told otherwise. */
export const task = (id: string, prompt: string, more: object = {}) => ({
  ...{ id, repo: "o/a", title: id, prompt },
  ...more,
});

/** The report of the run that a `run` or `rerun` has printed. */
export function reportOf(stdout: string): Json {
  return JSON.parse(readFileSync(join(runDirOf(stdout), "report.json"), "utf8"));
}

export function runDirOf(stdout: string): string {
  return (JSON.parse(stdout) as { run_dir: string }).run_dir;
}

/** Task id → integer state. */
export function statesOf(report: Json): Record<string, number> {
  return Object.fromEntries(
    Object.entries(report.results as Record<string, { state: number }>).map(([id, { state }]) => [id, state]),
  );
}

/** Resolves with the exit code of a process. */
export function ended(child: ReturnType<typeof start>): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}
