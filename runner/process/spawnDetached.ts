/**
 * Starts a program that outlives its parent: its own session, stdout and stderr into files, stdin from a file. A file
 * and not a pipe, because a pipe's reader may die (a restarted daemon), because one CLI exits without draining a pipe,
 * and because a prompt of megabytes would be cut when the daemon is killed while it writes.
 */
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { type ProcessIdentity, identityOf } from "./identity.ts";
import { fork, type ForkResult } from "./fork.ts";
import type { ForkOrder, RawExit } from "./forkThread.ts";

export interface SpawnOrder extends Omit<ForkOrder, "stdin"> {
  /** Asked right before the start; false: nothing is started. */
  mayStart?: (() => boolean) | undefined;
  /** The file that becomes stdin; null for an empty one. */
  stdin: string | null;
  /** Where the exit code is written, so that it is known even if nobody waited for it. */
  exitFile: string;
}

/** How it ended; both null when nobody knows. */
export type Exit = RawExit;

export interface Spawned {
  identity: ProcessIdentity;
  exited: Promise<Exit>;
}

export type SpawnResult =
  { ok: true; process: Spawned } | { ok: false; why: Exclude<ForkResult, { kind: "started" | "unwritten" }> };

/**
 * The shell waits for the program and notes its exit code. It outlives TERM to the group (a trap that does something
 * is reset in the program, one that ignores would be inherited), so that the code is noted then, too. A line feed ends
 * the note: without it the shell was killed while it wrote. (Renaming a draft would take another program.)
 */
const NOTE_EXIT = 'f=$1; shift; trap : TERM INT HUP; "$@"; c=$?; echo "$c" >"$f"; exit "$c"';

/** Starts the program. A failure to start is an answer; throws when its files cannot be written. */
export async function spawnDetached({ exitFile, mayStart, ...order }: SpawnOrder): Promise<SpawnResult> {
  const argv = ["/bin/sh", "-c", NOTE_EXIT, "sh", exitFile, ...order.argv];
  const forked = await fork({ ...order, argv, stdin: order.stdin ?? "/dev/null" }, mayStart);
  if (forked.kind === "unwritten") throw new Error(forked.detail);
  if (forked.kind !== "started") return { ok: false, why: forked };
  const { pid } = forked;
  // Where there is no /proc, one that has already ended has no start time left to read.
  const startTime = forked.startTime ?? (await identityOf(pid))?.startTime ?? "ended";
  return { ok: true, process: { identity: { pid, startTime }, exited: exitOf(forked.exited, exitFile) } };
}

async function exitOf(exited: Promise<RawExit | undefined>, exitFile: string): Promise<Exit> {
  const seen = await exited;
  if (seen !== undefined) return asExit(seen.code, seen.signal);
  return (await readExitFile(exitFile)) ?? { code: null, signal: null };
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
