import { api } from "../../convex/_generated/api.js";
import { openBackend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** A backend that is there answers at once, ms. */
const TIMEOUT_MS = 5000;

/** Is a backend there, are its functions ours, does it know the namespace, does a runner serve it? */
export async function checkBackend(settings: Settings): Promise<Finding[]> {
  const backend = openBackend(settings, TIMEOUT_MS);
  try {
    const { namespace } = settings;
    if (namespace === null) {
      const known = await backend.query(api.namespaces.list, {});
      return [ok("backend", `${settings.url}, ${known.length} namespaces`)];
    }
    if ((await backend.query(api.namespaces.get, { namespace })) === null) {
      return [
        warn(
          "backend",
          `${settings.url} does not know the namespace ${namespace}`,
          "run `drover init` again, or `drover up`",
        ),
      ];
    }
    const runners = await backend.query(api.runners.list, { namespace });
    const live = runners.filter(({ session }) => session !== null);
    const found = ok("backend", `${settings.url} answers and runs Drover's functions`);
    if (live.length > 0)
      return [found, ok("runners", live.map(({ name, host }) => `${name} on ${host}`).join(", "))];
    return [
      found,
      warn("runners", "none serves this namespace", "start one with `drover up` or `drover runner`"),
    ];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (error.exitCode === EXIT.unreachable)
      return [fail("backend", `no answer at ${settings.url}`, "start it: `drover up`")];
    return [fail("backend", error.message, "ask who runs it for a token, or correct convexUrl")];
  }
}
