import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/** Without `--auto` a question is rejected by itself; the shell is not offered at all in the restricted mode. */
const RESTRICTED = JSON.stringify({ edit: "allow", bash: "deny", webfetch: "deny" });

/**
 * Kilo's command line. It says nothing about its waits on stdout, so its error log is asked for on stderr. What an
 * agent of a queue needs of its maker's services is none: no shared sessions, no presence, no self-update.
 */
export function launchKilocode({ profile, prompt, resume, reportTool }: LaunchOrder): Launch {
  const restricted = profile.permissions === "restricted";
  const args = [
    ...["run", "--format", "json", "--print-logs", "--log-level", "ERROR"],
    ...(restricted ? [] : ["--auto"]),
    ...(profile.model ? ["-m", profile.model] : []),
    ...(resume ? ["--session", resume] : []),
  ];
  return {
    argv: commandLine(profile, "kilo", args),
    env: {
      KILO_DISABLE_AUTOUPDATE: "1",
      KILO_DISABLE_PRESENCE: "1",
      KILO_DISABLE_SESSION_INGEST: "1",
      ...(restricted ? { KILO_PERMISSION: RESTRICTED } : {}),
      ...(reportTool === undefined ? {} : { KILO_CONFIG_CONTENT: reportServer(reportTool) }),
    },
    stdin: prompt,
  };
}

/** Added to the user's own configuration. */
function reportServer(command: readonly string[]): string {
  return JSON.stringify({ mcp: { drover: { type: "local", command, enabled: true } } });
}
