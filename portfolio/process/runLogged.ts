import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";

/** Between the polite signal and the hard one. */
const KILL_AFTER_MS = 5_000;

export type LoggedRun = {
  /** A shell line (`sh -c`), or a program with its arguments. */
  command: string | string[];
  cwd: string;
  logFile: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  append?: boolean;
  /** Variables beside the inherited ones. */
  env?: Record<string, string>;
};

export type RunEnd = {
  kind: "exited" | "timeout" | "canceled" | "not_started";
  exitCode: number;
  seconds: number;
  reason: string;
};

/**
 * Runs a command with all its output in a log file and nothing on the terminal. The command is a process group of its
 * own, and the whole group is ended after it: a test that leaves a server running must not leave it for ever.
 */
export async function runLogged(run: LoggedRun): Promise<RunEnd> {
  const [program = "", ...args] = typeof run.command === "string" ? ["sh", "-c", run.command] : run.command;
  const log = openSync(run.logFile, run.append ? "a" : "w");
  const start = performance.now();
  try {
    writeSync(log, `$ ${typeof run.command === "string" ? run.command : run.command.join(" ")}\n`);
    // The bare spawn, not execa: the log must be the child's own descriptor, so that it outlives this process.
    const child = spawn(program, args, {
      cwd: run.cwd,
      env: { ...process.env, ...run.env },
      stdio: ["ignore", log, log],
      detached: true,
    });
    const watcher = watch(child.pid, run);
    const end = await ended(child);
    const cause = watcher.stop();
    killGroup(child.pid, "SIGKILL");
    const seconds = Math.round(performance.now() - start) / 1000;
    if (end.error !== undefined) {
      writeSync(log, `${end.error}\n`);
      return { kind: "not_started", exitCode: 127, seconds, reason: end.error };
    }
    const exitCode = end.exitCode ?? 1;
    if (cause) return { ...cause, exitCode, seconds };
    const reason = end.signal ? `ended by ${end.signal}` : exitCode === 0 ? "" : `exit code ${exitCode}`;
    return { kind: "exited", exitCode, seconds, reason };
  } finally {
    closeSync(log);
  }
}

type End = { exitCode?: number | null; signal?: NodeJS.Signals | null; error?: string };

function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing =
        error.code === "ENOENT"
          ? `${child.spawnfile}: not found in PATH, or the folder is missing`
          : error.message;
      resolve({ error: missing });
    });
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

type Cause = { kind: "timeout" | "canceled"; reason: string };

/** Ends the group on time-out or cancel; the first cause wins. `stop` gives it and clears the timers. */
function watch(pid: number | undefined, { timeoutMs, signal }: LoggedRun): { stop: () => Cause | undefined } {
  let cause: Cause | undefined;
  let hard: NodeJS.Timeout | undefined;
  const end = (why: Cause): void => {
    cause ??= why;
    killGroup(pid, "SIGTERM");
    hard ??= setTimeout(() => killGroup(pid, "SIGKILL"), KILL_AFTER_MS);
  };
  const timer = setTimeout(
    () => end({ kind: "timeout", reason: `no end within ${timeoutMs / 1000} s` }),
    timeoutMs,
  );
  const onAbort = () => end({ kind: "canceled", reason: "canceled" });
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    stop: () => {
      clearTimeout(timer);
      clearTimeout(hard);
      signal?.removeEventListener("abort", onAbort);
      return cause;
    },
  };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone: what was wanted.
  }
}
