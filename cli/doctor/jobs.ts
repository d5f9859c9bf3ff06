import { openBackend } from "../backend/client.ts";
import { repairJobs } from "../backend/repairJobs.ts";
import type { Settings } from "../config/settings.ts";
import { CliError } from "../output/errors.ts";
import { type Finding, ok, warn } from "./finding.ts";

const TIMEOUT_MS = 10_000;
/** Handles that one line names. */
const MAX_NAMED = 5;

/** Do the facts about the open jobs fit together? Only somebody who may repair them can ask. */
export async function checkJobs(settings: Settings, fix: boolean): Promise<Finding[]> {
  if (settings.namespace === null) return [];
  try {
    const { looked, found } = await repairJobs(openBackend(settings, TIMEOUT_MS), settings.namespace, fix);
    if (found.length === 0) return [ok("jobs", `${looked} open, none stuck through a fault`)];
    const named = found.slice(0, MAX_NAMED).map(({ handle, text }) => `${handle} ${text}`);
    const text = `${named.join("; ")}${found.length > MAX_NAMED ? ` and ${found.length - MAX_NAMED} more` : ""}`;
    return fix
      ? [ok("jobs", `mended: ${text}`)]
      : [warn("jobs", text, "`drover doctor --fix`, or `drover jobs repair`")];
  } catch (error) {
    // What is wrong with the backend or the token is said by its own check.
    if (error instanceof CliError) return [];
    throw error;
  }
}
