import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { acknowledgedFile } from "./acknowledged.ts";
import { lastCommit } from "./checkDataFile.ts";
import { openDriver } from "./openDriver.ts";

/**
 * A restore has two steps, and may be killed at any line of either: the backup is staged as `<file>.restore`, whole
 * and checked (stageRestore); whoever next holds the lock of the data file puts it in place, and keeps what was there.
 */
export function stagedFile(file: string): string {
  return `${file}.restore`;
}

/**
 * Puts a staged backup in place; to be called by the holder of the lock only. The name under which the old file is
 * kept comes from the staged one, so a killed take-over is finished by the next under the same name.
 * @returns where the old data lies, as words; null when nothing was staged
 */
export async function takeStaged(file: string): Promise<string | null> {
  const staged = stagedFile(file);
  if (!existsSync(staged)) return null;
  const kept = `${file}.before-${stampOf(staged)}`;
  // The log follows its file: beside the restored one SQLite would take it for that one's.
  for (const end of ["", "-wal"]) moveAside(`${file}${end}`, `${kept}${end}`);
  for (const gone of [`${file}-shm`, acknowledgedFile(file)]) rmSync(gone, { force: true });
  await raiseClock(staged, kept);
  renameSync(staged, file);
  syncFolder(dirname(file));
  return existsSync(kept) ? `what was there before is kept in ${kept}` : "there was none before it";
}

function moveAside(from: string, to: string): void {
  if (existsSync(from) && !existsSync(to)) renameSync(from, to);
}

/** Clients that have seen the later data must not meet timestamps again that they know with another meaning. */
async function raiseClock(staged: string, kept: string): Promise<void> {
  const seen = existsSync(kept) ? await lastCommitOf(kept) : 0n;
  const driver = await openDriver(staged);
  try {
    if (seen <= lastCommit(driver)) return;
    driver.prepare("UPDATE meta SET value = ? WHERE key = 'lastTs'").run([seen.toString()]);
  } finally {
    driver.close();
  }
}

/** The old file may be the damaged one for whose sake the backup is restored. */
async function lastCommitOf(file: string): Promise<bigint> {
  try {
    const driver = await openDriver(file);
    try {
      return lastCommit(driver);
    } finally {
      driver.close();
    }
  } catch {
    return 0n;
  }
}

/** `2026-11-20T11-20-39-123Z`: readable, sortable and legal in file names everywhere. */
function stampOf(staged: string): string {
  return statSync(staged).mtime.toISOString().replace(/[:.]/g, "-");
}

/** A rename is on disk only when its folder is. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  fsyncSync(fd);
  closeSync(fd);
}
