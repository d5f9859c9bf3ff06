import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HostError, messageOf } from "../values/errors.ts";
import { lastCommit, pageProblems } from "./checkDataFile.ts";
import { LAYOUT } from "./dataFile.ts";
import { lockDataFile } from "./dataLock.ts";
import type { Driver } from "./driver.ts";
import { openDriver } from "./openDriver.ts";
import { stagedFile, syncFolder, takeStaged } from "./restore.ts";

/** How long a copy waits for a host that is just opening or closing the file. */
const BUSY_MS = 10_000;

export interface Backup {
  /** Absolute path of the backup. */
  readonly file: string;
  readonly bytes: number;
  /** Time of the last commit in it, milliseconds since the epoch; null in a data file without commits. */
  readonly lastCommitAt: number | null;
}

/**
 * Writes a consistent, compact copy of a data file, while a host may be working on it: SQLite reads one snapshot and
 * the host goes on. The copy is checked, synced and only then given its name.
 * @throws HostError when there is no data file, `to` exists already, the disk is full, or the copy is not sound
 */
export async function backUp(dataFile: string, to: string): Promise<Backup> {
  const target = resolve(to);
  if (!existsSync(dataFile)) throw new HostError(`There is no data file ${dataFile} to back up.`);
  if (existsSync(target))
    throw new HostError(`${target} exists already: choose another name for the backup.`);
  const draft = `${target}.${process.pid}.part`;
  try {
    const about = await copyChecked(dataFile, draft);
    giveName(draft, target);
    syncFolder(dirname(target));
    return { file: target, ...about };
  } catch (error) {
    throw asHostError(error, `The backup ${target} cannot be written`);
  } finally {
    discard(draft);
  }
}

/** A link, unlike a rename, never replaces a file that has appeared meanwhile; FAT disks have none. */
function giveName(draft: string, target: string): void {
  try {
    linkSync(draft, target);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EPERM", "ENOTSUP", "ENOSYS"].includes(code)) throw error;
    renameSync(draft, target);
  }
}

function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    return;
  }
}

export interface Restored extends Backup {
  /** True when it is in place; false when the host that runs now takes it over at its next start. */
  readonly isInPlace: boolean;
  /** Where the data from before lies, as words. */
  readonly kept: string | null;
}

/**
 * Puts a backup in the place of a data file. What was there is kept beside it under a name with the time.
 * @param how `atNextStart`: a host may be running; it takes the backup over when it starts the next time
 * @throws HostError when a host holds the file, or the backup is damaged or of an unknown layout; nothing is changed
 */
export async function restoreBackup(
  backup: string,
  dataFile: string,
  how: { atNextStart: boolean },
): Promise<Restored> {
  const file = resolve(dataFile);
  const unlock = how.atNextStart ? null : lockDataFile(file);
  const staged = stagedFile(file);
  const draft = `${staged}.${process.pid}.part`;
  try {
    if (!existsSync(backup)) throw new HostError(`There is no backup ${resolve(backup)}.`);
    const about = await copyChecked(backup, draft);
    renameSync(draft, staged);
    syncFolder(dirname(file));
    const kept = unlock === null ? null : await takeStaged(file);
    return { file, ...about, isInPlace: unlock !== null, kept };
  } catch (error) {
    throw asHostError(error, `The backup ${resolve(backup)} cannot be restored`);
  } finally {
    discard(draft);
    unlock?.();
  }
}

async function copyChecked(from: string, to: string): Promise<Omit<Backup, "file">> {
  const source = await openDriver(from);
  try {
    source.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    checkLayout(source, from);
    // Made first, so that nobody else can read it at any time.
    closeSync(openSync(to, "w", 0o600));
    source.prepare("VACUUM INTO ?").run([to]);
  } finally {
    source.close();
  }
  const copy = await openDriver(to);
  try {
    const [problem] = pageProblems(copy, "integrity_check");
    if (problem !== undefined) throw new HostError(`${from} is damaged: ${problem}.`);
    const last = lastCommit(copy);
    sync(to);
    return { bytes: statSync(to).size, lastCommitAt: last === 0n ? null : Number(last / 1_000_000n) };
  } finally {
    copy.close();
  }
}

function checkLayout(driver: Driver, file: string): void {
  const version = Number(driver.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version >= 1 && version <= LAYOUT) return;
  throw new HostError(
    version === 0
      ? `${file} is no data file of a host.`
      : `${file} has layout ${version}, this host knows layouts up to ${LAYOUT}: use a newer version of Drover.`,
  );
}

function sync(file: string): void {
  const fd = openSync(file, "r+");
  fsyncSync(fd);
  closeSync(fd);
}

function asHostError(error: unknown, what: string): HostError {
  return error instanceof HostError ? error : new HostError(`${what}: ${messageOf(error)}.`);
}
