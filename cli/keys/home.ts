import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Owner only: the folder holds the signing key. */
export const HOME_MODE = 0o700;

/** Drover's own folder on this machine: `DROVER_HOME`, else `~/.drover`. */
export function droverHome(env = process.env): string {
  const named = env.DROVER_HOME;
  return named === undefined || named === "" ? join(homedir(), ".drover") : resolve(named);
}

/** The folder, made with mode 0700 when it is missing. */
export function ensureHome(home = droverHome()): string {
  mkdirSync(home, { recursive: true, mode: HOME_MODE });
  return home;
}

/** The permission bits of the folder, or null where it does not exist. */
export function homeMode(home = droverHome()): number | null {
  const stat = statSync(home, { throwIfNoEntry: false });
  return stat === undefined ? null : stat.mode & 0o777;
}
