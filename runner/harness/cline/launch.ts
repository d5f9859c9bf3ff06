import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/** Longest prompt that goes on the command line, in bytes: Linux takes 128 KiB for one argument. */
const ARGUMENT_BYTES = 100 * 1024;

/**
 * Cline's command line. It takes its prompt as an argument only (with `--json` it does not look at stdin at all), so
 * a longer one is left in its file. Its tool `report` cannot be given to it: MCP servers stand in its settings.
 */
export function launchCline({ profile, prompt, promptFile }: LaunchOrder): Launch {
  const args = [
    ...["--json", "--auto-approve", profile.permissions === "restricted" ? "false" : "true"],
    ...(profile.model ? ["-m", profile.model] : []),
    ...(profile.args ?? []),
    ...["--", argumentOf(prompt, promptFile)],
  ];
  // The profile's arguments stand before the positional one, so they are not added a second time.
  const { args: _placed, ...rest } = profile;
  return { argv: commandLine(rest, "cline", args), env: {}, stdin: null };
}

/** A prompt of one word would be taken for a mistyped command, and one that begins with a slash for a command. */
function argumentOf(prompt: string, promptFile: string): string {
  if (Buffer.byteLength(prompt) > ARGUMENT_BYTES)
    return `Your task is written in the file ${promptFile}. Read the whole file first, then do what it says.`;
  return /^\S*$/.test(prompt.trim()) || prompt.trimStart().startsWith("/") ? `Task:\n${prompt}` : prompt;
}
