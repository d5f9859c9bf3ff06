/** The `run` command of OpenCode and its relatives, which take the same words under names of their own. */
import type { LaunchOrder } from "./port.ts";

/** Without `--auto` a question is rejected by itself; the shell is not offered at all in the restricted mode. */
export const RESTRICTED_PERMISSION = JSON.stringify({ edit: "allow", bash: "deny", webfetch: "deny" });

/** Its waits stand in no line on stdout, so the error log is asked for on stderr. */
export function runArguments({ profile, resume }: LaunchOrder): string[] {
  return [
    ...["run", "--format", "json", "--print-logs", "--log-level", "ERROR"],
    ...(profile.permissions === "restricted" ? [] : ["--auto"]),
    ...(profile.model ? ["-m", profile.model] : []),
    ...(resume ? ["--session", resume] : []),
  ];
}

/** The part of a configuration that gives the agent the tool `report`. */
export function reportServer(command: readonly string[]) {
  return { mcp: { drover: { type: "local", command, enabled: true } } };
}
