import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/** Milliseconds until a call without any answer ends; without it a provider that hangs holds the CLI for ten minutes. */
const API_TIMEOUT_MS = 300_000;

/**
 * Claude's command line, all permissions by default. `--verbose` is required with stream-json. As root it refuses to
 * bypass permissions unless it is told that this is a sandbox. Its own retries are capped to one, because ten of them
 * take three minutes in which the cascade could have moved on.
 */
export function launchClaude({ profile, prompt, tmp, resume, root, reportTool }: LaunchOrder): Launch {
  const bypass = profile.permissions !== "restricted";
  const args = [
    ...["-p", "--output-format", "stream-json", "--verbose"],
    ...(bypass ? ["--dangerously-skip-permissions"] : ["--permission-mode", "acceptEdits"]),
    "--strict-mcp-config",
    ...reportServer(reportTool),
    ...(profile.model ? ["--model", profile.model] : []),
    ...(resume ? ["--resume", resume] : []),
  ];
  return {
    argv: commandLine(profile, "claude", args),
    env: {
      CLAUDE_CODE_MAX_RETRIES: "1",
      API_TIMEOUT_MS: String(API_TIMEOUT_MS),
      CLAUDE_CODE_TMPDIR: tmp,
      DISABLE_AUTOUPDATER: "1",
      ...(root && bypass ? { IS_SANDBOX: "1" } : {}),
    },
    stdin: safePrompt(prompt),
  };
}

function reportServer(command: readonly string[] | undefined): string[] {
  if (command === undefined) return [];
  const [program, ...args] = command;
  return ["--mcp-config", JSON.stringify({ mcpServers: { drover: { command: program, args } } })];
}

/** A prompt that is a slash command would run locally and report success without any model call. */
function safePrompt(prompt: string): string {
  return prompt.trimStart().startsWith("/") ? `Task:\n${prompt}` : prompt;
}
