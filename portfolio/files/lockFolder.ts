import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { PortfolioError } from "../problem.ts";

/** How long a second process waits for the first: a move of a task takes milliseconds. */
const WAIT_MS = 5_000;
const POLL_MS = 25;

/**
 * Runs `work` while this process alone may change the files of a folder. The lock is a file with the holder's pid,
 * made exclusively; one that a killed process left behind is taken over.
 */
export async function withFolderLock<T>(folder: string, work: () => T): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, ".lock");
  const start = performance.now();
  while (!tryLock(path)) {
    if (performance.now() - start > WAIT_MS) {
      throw new PortfolioError(
        "failed",
        `${path} is held by another process for more than ${WAIT_MS / 1000} s: try again`,
      );
    }
    await wait(POLL_MS);
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (isHolderDead(path)) rmSync(path, { force: true });
    return false;
  }
}

function isHolderDead(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Empty: its maker is between creating and writing; that is no dead holder.
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
