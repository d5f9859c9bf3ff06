import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/**
 * Gemini's command line. `--skip-trust`, because it refuses an unknown folder (exit 55). `GEMINI_CLI_NO_RELAUNCH`
 * keeps it one process; the relaunched pair ignores SIGTERM. Its retries (ten, five minutes) could only be capped in
 * the user's own settings: a system settings file counts only below folders that root alone may write to. So the
 * reader says when to stop it. The tool `report` cannot be given to it for the same reason: its MCP servers stand in
 * those files and in the repo's; over the protocol (`acp`) it takes them.
 */
export function launchGemini({ profile, prompt, resume }: LaunchOrder): Launch {
  const mode = profile.permissions === "restricted" ? "auto_edit" : "yolo";
  const args = [
    ...["--output-format", "stream-json", "--skip-trust", "--approval-mode", mode],
    ...(profile.model ? ["-m", profile.model] : []),
    ...(resume ? ["--resume", resume] : []),
    ...["-p", ""],
  ];
  return {
    argv: commandLine(profile, "gemini", args),
    env: {
      GEMINI_CLI_NO_RELAUNCH: "true",
      TERM: "xterm-256color",
    },
    stdin: prompt,
  };
}
