import { api } from "../../convex/_generated/api.js";
import { openBackend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import { droverHome } from "../keys/home.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { DEFAULT_PORT, type EmbeddedHost, startEmbeddedHost } from "../run/embeddedHost.ts";

/** A backend that is there answers at once, ms. */
const PROBE_TIMEOUT_MS = 3000;

/**
 * The backend of the settings, brought along when none answers there and the address is this machine's own.
 * @throws CliError when a backend answers that refuses us, or none answers on another machine
 */
export async function bringHost(settings: Settings): Promise<{ url: string; own: EmbeddedHost | null }> {
  if (await answers(settings)) return { url: settings.url, own: null };
  const { hostname, port, protocol } = new URL(settings.url);
  if (protocol !== "http:" || !["127.0.0.1", "localhost", "[::1]"].includes(hostname)) {
    throw new CliError(
      `no backend at ${settings.url}, and it is not this machine's address: start it there, or correct convexUrl`,
      EXIT.unreachable,
    );
  }
  const own = await startEmbeddedHost(port === "" ? DEFAULT_PORT : Number(port), droverHome());
  return { url: own.url, own };
}

/** True when a backend that takes our token answers. @throws CliError when one answers that does not */
export async function answers(settings: Settings): Promise<boolean> {
  try {
    await openBackend(settings, PROBE_TIMEOUT_MS).query(api.namespaces.list, {});
    return true;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.unreachable) return false;
    throw error;
  }
}
