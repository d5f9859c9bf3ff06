import { statSync } from "node:fs";
import { HostError, messageOf } from "../values/errors.ts";
import { acknowledgedFile } from "./acknowledged.ts";
import type { Driver } from "./driver.ts";

/** A larger file is not checked at start: that takes about a second for each GiB, during which nobody is served. */
export const CHECK_AT_START_BYTES = 8 * 1024 ** 3;
/** Lines of SQLite's report that a message quotes. */
const QUOTED_LINES = 3;
const NANOSECONDS_PER_MS = 1_000_000n;

/**
 * Looks through every page and index of a file that a killed host has left.
 * @returns false when the file is too large for that
 * @throws HostError saying what is damaged and what to do
 */
export function checkPages(driver: Driver, file: string): boolean {
  if (statSync(file).size > CHECK_AT_START_BYTES) return false;
  const problems = pageProblems(driver, "quick_check");
  if (problems.length > 0) throw new HostError(damaged(file, problems.join("; ")));
  return true;
}

/** What SQLite's own check finds; empty when the file is sound. `integrity_check` also compares tables and indexes. */
export function pageProblems(driver: Driver, check: "quick_check" | "integrity_check"): string[] {
  try {
    const rows = driver.prepare(`PRAGMA ${check}(${QUOTED_LINES})`).all();
    return rows.flatMap((row) => String(row[check]).split("\n")).filter((line) => line !== "ok");
  } catch (error) {
    return [messageOf(error)];
  }
}

/** What to say of a file whose pages are broken. */
export function damaged(file: string, how: string): string {
  return (
    `The data file ${file} is damaged: ${how}. Nothing was changed. ` +
    `Restore a backup with \`drover restore\` (this file is kept beside it), ` +
    `or save what can still be read with \`sqlite3 ${file} .recover\`.`
  );
}

/**
 * Compares the last commit in the file with the last one that was acknowledged.
 * @param acknowledged timestamp in nanoseconds
 * @throws HostError when commits are missing: the log was cut off or removed, or the file was replaced
 */
export function checkReach(driver: Driver, file: string, acknowledged: bigint): void {
  const stored = lastCommit(driver);
  if (stored >= acknowledged) return;
  const reach = stored === 0n ? "it holds none" : `its last one is from ${timeOf(stored)}`;
  throw new HostError(
    `The data file ${file} has lost commits that were acknowledged: the last of them is from ` +
      `${timeOf(acknowledged)}, ${reach}. Its log (${file}-wal) was cut off or removed, or another file lies ` +
      `in its place. Put the right files back, or restore a backup with \`drover restore\`. ` +
      `To go on with what is there, remove ${acknowledgedFile(file)} first.`,
  );
}

/** Timestamp (nanoseconds) of the last commit in the file; 0 in a new one. */
export function lastCommit(driver: Driver): bigint {
  const row = driver.prepare("SELECT value FROM meta WHERE key = 'lastTs'").get();
  return BigInt((row?.["value"] as string | undefined) ?? "0");
}

function timeOf(ts: bigint): string {
  return new Date(Number(ts / NANOSECONDS_PER_MS)).toISOString();
}
