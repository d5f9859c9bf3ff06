/**
 * One runner of a name per `DROVER_HOME`: two daemons with one state folder would adopt each other's children and
 * replay each other's outbox. The lock names its holder by pid and start time, because pids are reused.
 */
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, unlink } from "node:fs/promises";
import { z } from "zod";
import { identityOf, isAlive } from "../process/identity.ts";

const LockFile = z.object({ pid: z.number().int(), startTime: z.string(), since: z.string() });
type LockFile = z.infer<typeof LockFile>;

/** Tries to take over a stale lock; more means that other starters win each time. */
const MAX_TRIES = 5;

export interface Lock {
  release: () => Promise<void>;
}

/** Takes the lock `file`. Throws with the holder's pid when a live process has it. */
export async function takeLock(file: string, runner: string): Promise<Lock> {
  const mine: LockFile = {
    pid: process.pid,
    startTime: (await identityOf(process.pid))?.startTime ?? "",
    since: new Date().toISOString(),
  };
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    if (await create(file, mine)) return { release: () => release(file, mine) };
    const holder = await read(file);
    if (holder !== undefined && (await isAlive(holder))) throw new Error(heldBy(holder, runner));
    await removeStale(file, holder);
  }
  throw new Error(
    `Runner ${runner}: could not take the lock ${file}; another runner starts at the same time.`,
  );
}

/** The process that holds the lock `file`, or undefined when none lives that does. */
export async function lockHolder(file: string): Promise<{ pid: number; since: string } | undefined> {
  const holder = await read(file);
  return holder !== undefined && (await isAlive(holder))
    ? { pid: holder.pid, since: holder.since }
    : undefined;
}

function heldBy(holder: LockFile, runner: string): string {
  return (
    `Runner ${runner} is already running on this machine: process ${holder.pid}, since ${holder.since}. ` +
    `Stop it first, or start this one under another name with --name.`
  );
}

/** Creates the file whole or not at all: it is written elsewhere and linked to its name. */
async function create(file: string, lock: LockFile): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, "wx", 0o600);
  await handle.writeFile(JSON.stringify(lock));
  await handle.close();
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

async function read(file: string): Promise<LockFile | undefined> {
  try {
    return LockFile.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    // Missing, or not ours to understand: a holder that cannot be named cannot be alive.
    return undefined;
  }
}

/**
 * Takes a stale lock away by renaming it first: a plain unlink could hit the lock of a starter that was faster.
 * What was renamed is checked again; a fresh lock goes back to its place.
 */
async function removeStale(file: string, judged: LockFile | undefined): Promise<void> {
  const aside = `${file}.stale.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const taken = await read(aside);
  if (taken?.pid !== judged?.pid || taken?.since !== judged?.since)
    await link(aside, file).catch(() => undefined);
  await unlink(aside);
}

async function release(file: string, mine: LockFile): Promise<void> {
  const present = await read(file);
  if (present?.pid === mine.pid && present.since === mine.since) await unlink(file).catch(() => undefined);
}
