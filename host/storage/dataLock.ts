import { closeSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { HostError } from "../values/errors.ts";

/**
 * One host per data file. The lock names pid and start time of its holder, so that a lock left by a killed host is
 * recognised even when the pid has been given to another process since.
 */
interface Holder {
  pid: number;
  /** Start of the process in clock ticks since boot (Linux), "" where it cannot be read. */
  started: string;
}

/**
 * Takes `<file>.lock`.
 * @returns a function that gives the lock back
 * @throws HostError naming the pid that holds it
 */
export function lockDataFile(file: string): () => void {
  const lock = `${file}.lock`;
  const mine: Holder = { pid: process.pid, started: startOf(process.pid) };
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let round = 0; round < 3; round++) {
      if (linked(draft, lock)) return () => rmSync(lock, { force: true });
      const holder = readHolder(lock);
      if (holder !== null && isAlive(holder)) throw new HostError(heldBy(file, holder));
      takeAway(lock);
    }
    throw new HostError(`The data file ${file} is locked (${lock}); another host is starting on it.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Goes on with the lock that this process holds; gives the same as `lockDataFile`. */
export function keepLock(file: string): () => void {
  const lock = `${file}.lock`;
  if (readHolder(lock)?.pid !== process.pid) return lockDataFile(file);
  return () => rmSync(lock, { force: true });
}

function heldBy(file: string, holder: Holder): string {
  return (
    `The data file ${file} is in use by the host with pid ${holder.pid}. ` +
    `Stop that process or choose another --data file.`
  );
}

/** A hard link appears whole or not at all, so no one ever reads a half-written lock. */
function linked(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a stale lock; only one of several starting hosts gets the exclusive right to do so. */
function takeAway(lock: string): void {
  const right = `${lock}.stale`;
  try {
    closeSync(openSync(right, "wx"));
  } catch {
    rmSync(right, { force: true });
    return;
  }
  const holder = readHolder(lock);
  if (holder === null || !isAlive(holder)) rmSync(lock, { force: true });
  rmSync(right, { force: true });
}

function readHolder(lock: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(lock, "utf8")) as Partial<Holder>;
    return typeof holder.pid === "number" ? { pid: holder.pid, started: holder.started ?? "" } : null;
  } catch {
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const started = startOf(holder.pid);
  return started === "" || holder.started === "" || started === holder.started;
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets, so count after the last one. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
