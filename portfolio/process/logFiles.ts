import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryAt } from "../files/look.ts";
import { droverHome } from "../files/paths.ts";

/** Logs kept per job and repo: enough to compare, few enough never to fill a disk. */
const KEPT_LOGS = 10;

/**
 * A new log file below `DROVER_HOME/portfolio/logs` for one job of one repo. Its name holds time and process, so two
 * sessions never write into one file. Older logs of the same job and repo are pruned.
 */
export function newLogFile(job: string, repo: string, now: Date): string {
  const folder = join(droverHome(), "portfolio", "logs");
  mkdirSync(folder, { recursive: true });
  const prefix = `${safeName(job)}-${safeName(repo)}@`;
  const older = readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort();
  for (const name of older.slice(0, Math.max(0, older.length - KEPT_LOGS + 1)))
    rmSync(join(folder, name), { force: true });
  const stamp = now.toISOString().replace(/[-:]/g, "").replace(/\..*$/, "");
  return join(folder, `${prefix}${stamp}-${process.pid}.log`);
}

/**
 * Makes the log readable under the name that the orchestrator's documents promise,
 * `/tmp/orchestrator-<job>-<repo>.log`. It is a link to the newest log: two sessions cannot mix their lines, and a
 * file that somebody else put there first is left alone. Gives the path of the link, or undefined.
 */
export function linkPromisedLog(job: string, repo: string, logFile: string): string | undefined {
  const path = join(tmpdir(), `orchestrator-${safeName(job)}-${safeName(repo)}.log`);
  const draft = `${path}.${process.pid}`;
  try {
    const existing = entryAt(path);
    if (existing && (existing.uid !== process.getuid?.() || existing.isDirectory())) return undefined;
    rmSync(draft, { force: true });
    symlinkSync(logFile, draft);
    renameSync(draft, path);
    return path;
  } catch {
    return undefined;
  }
}

/** A name that is one harmless path part; a changed one gets a hash, so that two names never meet. */
export function safeName(name: string): string {
  const plain = name
    .replace(/[^\w.-]/g, "_")
    .replace(/^\.+/, "_")
    .slice(0, 80);
  return plain === name ? name : `${plain}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
