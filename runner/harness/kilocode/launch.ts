import { commandLine, type Launch, type LaunchOrder } from "../port.ts";
import { reportServer, RESTRICTED_PERMISSION, runArguments } from "../runCommand.ts";

/**
 * Kilo's command line. What an agent of a queue needs of its maker's services is none: no shared sessions, no
 * presence, no self-update.
 */
export function launchKilocode(order: LaunchOrder): Launch {
  const { profile, prompt, reportTool } = order;
  return {
    argv: commandLine(profile, "kilo", runArguments(order)),
    env: {
      KILO_DISABLE_AUTOUPDATE: "1",
      KILO_DISABLE_PRESENCE: "1",
      KILO_DISABLE_SESSION_INGEST: "1",
      ...(profile.permissions === "restricted" ? { KILO_PERMISSION: RESTRICTED_PERMISSION } : {}),
      // Added to the user's own configuration.
      ...(reportTool === undefined ? {} : { KILO_CONFIG_CONTENT: JSON.stringify(reportServer(reportTool)) }),
    },
    stdin: prompt,
  };
}
