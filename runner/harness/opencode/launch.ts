import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BRIEF_INSTALL, LIMIT_PLUGIN } from "./limitPlugin.ts";
import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/** Without `--auto` a question is rejected by itself; the shell is not offered at all in the restricted mode. */
const RESTRICTED = JSON.stringify({ edit: "allow", bash: "deny", webfetch: "deny" });

/**
 * OpenCode's command line. It says nothing about its waits on stdout, so its error log is asked for on stderr, and a
 * plugin tells the answer that it waits for. Its retries cannot be capped: the attempt watches both instead.
 */
export function launchOpencode({ profile, prompt, resume, reportTool, tmp }: LaunchOrder): Launch {
  const plugin = join(tmp, "droverWaits.js");
  const restricted = profile.permissions === "restricted";
  const args = [
    ...["run", "--format", "json", "--print-logs", "--log-level", "ERROR"],
    ...(restricted ? [] : ["--auto"]),
    ...(profile.model ? ["-m", profile.model] : []),
    ...(resume ? ["--session", resume] : []),
  ];
  return {
    argv: commandLine(profile, "opencode", args),
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      ...(restricted ? { OPENCODE_PERMISSION: RESTRICTED } : {}),
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
    ...(command === undefined ? {} : { mcp: { drover: { type: "local", command, enabled: true } } }),
  });
}
