import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/**
 * Aider's command line: one message from its file, no question, no decoration, no talk with its maker. It commits by
 * itself unless it is told not to. In the restricted mode it runs no command that the model suggests.
 */
export function launchAider({ profile, promptFile }: LaunchOrder): Launch {
  const args = [
    ...["--message-file", promptFile, "--yes-always", "--no-stream", "--no-pretty"],
    ...["--no-check-update", "--analytics-disable", "--no-auto-commits"],
    ...(profile.permissions === "restricted" ? ["--no-suggest-shell-commands"] : []),
    ...(profile.model ? ["--model", profile.model] : []),
  ];
  return { argv: commandLine(profile, "aider", args), env: {}, stdin: null };
}
