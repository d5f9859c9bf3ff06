/**
 * How an agent reaches the Drover CLI: a `drover` of its own, first on its PATH. It reads the token from a file that
 * the runner renews, because a job may outlive its first token and, after a restart of the runner, its session.
 */
import { join } from "node:path";
import { writePrivate } from "../state/privateFile.ts";

const EXECUTABLE = 0o700;

/** Writes the wrapper of a job and gives the folder to put on PATH. */
export function writeAgentCli(jobFolder: string, command: readonly string[]): string {
  const folder = join(jobFolder, "bin");
  writePrivate(join(folder, "drover"), wrapper(tokenFile(jobFolder), command), EXECUTABLE);
  return folder;
}

/** Sets the token that the wrapper of a job uses from now on. */
export function writeAgentToken(jobFolder: string, token: string): void {
  writePrivate(tokenFile(jobFolder), token);
}

function tokenFile(jobFolder: string): string {
  return join(jobFolder, "token");
}

function wrapper(token: string, command: readonly string[]): string {
  return [
    "#!/bin/sh",
    "# Calls the Drover CLI with the present token of the job that runs here.",
    `token=${quote(token)}`,
    'if [ -r "$token" ]; then DROVER_TOKEN=$(cat "$token"); export DROVER_TOKEN; fi',
    `exec ${command.map(quote).join(" ")} "$@"`,
    "",
  ].join("\n");
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
