import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../../domain/config.ts";
import { measure, missing } from "../../runner/claim/room.ts";
import { DEFAULT_LIMITS } from "../../runner/limits.ts";
import { droverHome } from "../keys/home.ts";
import { limitsOf } from "../run/runnerOptions.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** Would a runner of this machine claim? Without room it waits, and only its log says so. */
export function checkRoom(config: Config, home = droverHome()): Finding {
  const lack = missing(measure(existing(home)), { ...DEFAULT_LIMITS, ...limitsOf(config) });
  return lack === undefined
    ? ok("room", "disk and memory for jobs")
    : warn(
        "room",
        `${lack}: runners here claim nothing`,
        "make room, or lower runnerLimits of the configuration",
      );
}

/** The folder itself, or the nearest one above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder));
}
