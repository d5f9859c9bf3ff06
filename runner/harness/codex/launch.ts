import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/**
 * Codex' command line. `--disable unbounded_connection_retries` because it otherwise waits for ever when the provider
 * cannot be reached. `resume` knows no `--sandbox` flag, so the restricted mode is a setting there.
 */
export function launchCodex({ profile, prompt, resume, reportTool }: LaunchOrder): Launch {
  const bypass = profile.permissions !== "restricted";
  const args = [
    "exec",
    ...(resume ? ["resume"] : []),
    ...["--json", "--skip-git-repo-check"],
    ...(bypass ? ["--dangerously-bypass-approvals-and-sandbox"] : ["-c", 'sandbox_mode="workspace-write"']),
    ...["--disable", "unbounded_connection_retries"],
    ...(profile.model ? ["-m", profile.model] : []),
    ...reportServer(reportTool),
    ...(profile.args ?? []),
    // After the profile's own: a whole provider given as one table would otherwise replace them.
    ...cappedRetries(profile.args ?? []),
    ...(resume ? [resume] : []),
    "-",
  ];
  // The profile's arguments stand before the positional ones, so they are not added a second time.
  const { args: _placed, ...rest } = profile;
  return { argv: commandLine(rest, "codex", args), env: {}, stdin: prompt };
}

/** Values are TOML, in which these texts and lists are written as in JSON. */
function reportServer(command: readonly string[] | undefined): string[] {
  if (command === undefined) return [];
  const [program, ...args] = command;
  return [
    ...["-c", `mcp_servers.drover.command=${JSON.stringify(program)}`],
    ...["-c", `mcp_servers.drover.args=${JSON.stringify(args)}`],
  ];
}

/** A provider that the profile chooses by `-c model_provider=…` is told to leave retries to the cascade. */
function cappedRetries(args: readonly string[]): string[] {
  const chosen = args.map((arg) => /^model_provider\s*=\s*"?([\w-]+)"?$/.exec(arg)?.[1]).findLast(Boolean);
  if (!chosen) return [];
  return ["request_max_retries", "stream_max_retries"]
    .map((name) => `model_providers.${chosen}.${name}`)
    .filter((key) => !args.some((arg) => arg.startsWith(key)))
    .flatMap((key) => ["-c", `${key}=0`]);
}
