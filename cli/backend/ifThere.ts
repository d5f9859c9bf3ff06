/** For commands that work without a backend and know more with one. */
import { DEFAULT_NAMESPACE, loadSettings, type CommonFlags } from "../config/settings.ts";
import { say } from "../output/print.ts";
import { type Backend, openBackend } from "./client.ts";
import { httpFetch } from "./httpFetch.ts";

/** How long such a command waits to learn that nobody is there, ms. */
const LOOK_TIMEOUT_MS = 1000;

export interface Reachable {
  backend: Backend;
  namespace: string;
}

/**
 * Asks the backend if one answers. What stands in the way is said on stderr and gives null: a missing answer must
 * never stop work on local files. Without a backend nothing is written, no key either.
 */
export async function askIfThere<T>(
  flags: CommonFlags,
  ask: (there: Reachable) => Promise<T>,
): Promise<T | null> {
  const settings = loadSettings(flags);
  if (!(await isThere(settings.url))) return null;
  const namespace = settings.namespace ?? DEFAULT_NAMESPACE;
  try {
    return await ask({ backend: openBackend(settings), namespace });
  } catch (error) {
    say(`the backend at ${settings.url} could not tell: ${(error as Error).message}`);
    return null;
  }
}

async function isThere(url: string): Promise<boolean> {
  try {
    return (await httpFetch(`${url}/version`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}
