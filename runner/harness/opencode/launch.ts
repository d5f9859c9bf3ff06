import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BRIEF_INSTALL, LIMIT_PLUGIN } from "./limitPlugin.ts";
import { commandLine, type Launch, type LaunchOrder } from "../port.ts";
import { reportServer, RESTRICTED_PERMISSION, runArguments } from "../runCommand.ts";

/**
 * OpenCode's command line. Beside its error log a plugin tells the answer that it waits for. Its retries cannot be
 * capped: the attempt watches both instead.
 */
export function launchOpencode(order: LaunchOrder): Launch {
  const { profile, prompt, reportTool, tmp } = order;
  const plugin = join(tmp, "droverWaits.js");
  return {
    argv: commandLine(profile, "opencode", runArguments(order)),
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      ...(profile.permissions === "restricted" ? { OPENCODE_PERMISSION: RESTRICTED_PERMISSION } : {}),
      ...BRIEF_INSTALL,
      OPENCODE_CONFIG_CONTENT: configuration(plugin, reportTool),
    },
    stdin: prompt,
    files: [{ path: plugin, text: LIMIT_PLUGIN }],
  };
}

/** Added to the user's own configuration, whose plugins and servers stay. */
function configuration(plugin: string, command: readonly string[] | undefined): string {
  return JSON.stringify({
    plugin: [pathToFileURL(plugin).href],
    ...(command === undefined ? {} : reportServer(command)),
  });
}
