/** The runners of this machine, as their folders and locks tell. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identityOf } from "../../runner/process/identity.ts";
import { lockHolder } from "../../runner/state/lock.ts";
import { droverHome } from "../keys/home.ts";

const LOOK_MS = 100;

export interface LocalRunner {
  name: string;
  /** null: it does not run. */
  pid: number | null;
  since: string | null;
  log: string;
}

/** One runner by name. */
export async function localRunner(name: string): Promise<LocalRunner> {
  const folder = join(droverHome(), "runners", name);
  const holder = await lockHolder(join(folder, "lock"));
  return { name, pid: holder?.pid ?? null, since: holder?.since ?? null, log: join(folder, "runner.log") };
}

/** All that have ever run here. */
export async function localRunners(): Promise<LocalRunner[]> {
  const names = await readdir(join(droverHome(), "runners")).catch(() => []);
  return Promise.all(names.sort().map(localRunner));
}

/** True once the runner runs (or no longer does) as `running` says; false when that took longer than `ms`. */
export async function untilRunning(name: string, running: boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(LOOK_MS)) {
    const { pid } = await localRunner(name);
    if ((pid !== null) === running) return true;
  }
  return false;
}

/** Waits, at most `ms`, until no process has this pid: the lock is given back a moment before the end. */
export async function untilGone(pid: number, ms: number): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end && (await identityOf(pid)) !== undefined;)
    await sleep(LOOK_MS);
}
