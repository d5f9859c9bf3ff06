import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/**
 * Qwen's command line. In the mode `auto-edit` it offers the model no shell. Its retries (ten, a minute each against a
 * limit) cannot be capped from outside: the reader says when to stop it.
 */
export function launchQwen({ profile, prompt, resume, reportTool }: LaunchOrder): Launch {
  const mode = profile.permissions === "restricted" ? "auto-edit" : "yolo";
  const args = [
    ...["--output-format", "stream-json", "--approval-mode", mode],
    ...(profile.model ? ["-m", profile.model] : []),
    ...(resume ? ["--resume", resume] : []),
    ...reportServer(reportTool),
  ];
  return {
    argv: commandLine(profile, "qwen", args),
    env: { QWEN_CODE_SUPPRESS_YOLO_WARNING: "1" },
    stdin: safePrompt(prompt),
  };
}

function reportServer(command: readonly string[] | undefined): string[] {
  if (command === undefined) return [];
  const [program, ...args] = command;
  return [
    "--mcp-config",
    JSON.stringify({ mcpServers: { drover: { command: program, args, trust: true } } }),
  ];
}

/** A prompt that is a slash command would be answered without any model call. */
function safePrompt(prompt: string): string {
  return prompt.trimStart().startsWith("/") ? `Task:\n${prompt}` : prompt;
}
