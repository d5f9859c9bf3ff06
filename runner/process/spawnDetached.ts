/**
 * Starts a program that outlives its parent: its own session, stdout and stderr into files, stdin from a file. A file
 * and not a pipe, because a pipe's reader may die (a restarted daemon), because one CLI exits without draining a pipe,
 * and because a prompt of megabytes would be cut when the daemon is killed while it writes.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { type ProcessIdentity, identityOf } from "./identity.ts";

export interface SpawnOrder {
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** The file that becomes stdin; null for an empty one. */
  stdinFile: string | null;
  stdoutFile: string;
  stderrFile: string;
  /** Where the exit code is written, so that it is known even if nobody waited for it. */
  exitFile: string;
}

export interface Exit {
  code: number | null;
  signal: string | null;
}

export interface Spawned {
  identity: ProcessIdentity;
  exited: Promise<Exit>;
}

export type SpawnResult = { ok: true; process: Spawned } | { ok: false; code: string; detail: string };

/**
 * The shell waits for the program and notes its exit code. It outlives TERM to the group (a trap that does something
 * is reset in the program, one that ignores would be inherited), so that the code is noted then, too. A line feed ends
 * the note: without it the shell was killed while it wrote. (Renaming a draft would take another program.)
 */
const NOTE_EXIT = 'f=$1; shift; trap : TERM INT HUP; "$@"; c=$?; echo "$c" >"$f"; exit "$c"';

/** Starts the program. A failure to start is an answer, not an exception. */
export async function spawnDetached(order: SpawnOrder): Promise<SpawnResult> {
  const files: number[] = [];
  try {
    files.push(openSync(order.stdinFile ?? "/dev/null", "r"));
    files.push(openSync(order.stdoutFile, "a"), openSync(order.stderrFile, "a"));
    const child = spawn("/bin/sh", ["-c", NOTE_EXIT, "sh", order.exitFile, ...order.argv], {
      cwd: order.cwd,
      env: order.env,
      detached: true,
      stdio: files,
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once("exit", (code, signal) => resolve(asExit(code, signal)));
    });
    const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      child.once("spawn", () => resolve(undefined));
      child.once("error", resolve);
    });
    if (failed || child.pid === undefined) {
      return {
        ok: false,
        code: failed?.code ?? "unknown",
        detail: failed?.message ?? "the process has no pid",
      };
    }
    // A program that has already ended has no start time left to read; the pid is still ours until the next tick.
    const identity = (await identityOf(child.pid)) ?? { pid: child.pid, startTime: "ended" };
    return { ok: true, process: { identity, exited } };
  } finally {
    files.forEach((file) => closeSync(file));
  }
}

/** The exit that the shell noted, or undefined when it was killed before it could. */
export async function readExitFile(file: string): Promise<Exit | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  return /^\d+\n$/.test(text) ? asExit(Number(text), null) : undefined;
}

/** A shell reports a child that died by signal n as 128 + n; the signals that mean a killing are named. */
function asExit(code: number | null, signal: string | null): Exit {
  const number = code === null ? 0 : code - 128;
  const names = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGSEGV", "SIGTERM"] as const;
  const name = names.find((known) => constants.signals[known] === number);
  return { code, signal: signal ?? name ?? null };
}
