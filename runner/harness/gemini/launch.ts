import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/**
 * Gemini's command line. `--skip-trust`, because it refuses an unknown folder (exit 55). `GEMINI_CLI_NO_RELAUNCH`
 * keeps it one process; the relaunched pair ignores SIGTERM. Its retries (ten, five minutes) are capped by a settings
 * file of the lowest rank, so that a user's own settings still win.
 */
export function launchGemini({ profile, prompt, dir, resume }: LaunchOrder): Launch {
  const mode = profile.permissions === "restricted" ? "auto_edit" : "yolo";
  const args = [
    ...["--output-format", "stream-json", "--skip-trust", "--approval-mode", mode],
    ...(profile.model ? ["-m", profile.model] : []),
    ...(resume ? ["--resume", resume] : []),
    ...["-p", ""],
  ];
  const settings = `${dir}/geminiDefaults.json`;
  return {
    argv: commandLine(profile, "gemini", args),
    env: {
      GEMINI_CLI_NO_RELAUNCH: "true",
      GEMINI_CLI_SYSTEM_DEFAULTS_PATH: settings,
      TERM: "xterm-256color",
    },
    stdin: prompt,
    files: { [settings]: JSON.stringify({ general: { maxAttempts: 1, disableAutoUpdate: true } }) },
  };
}
