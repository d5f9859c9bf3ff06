/** A shell script: the prompt is the program. Its text is read from a file, because arguments end at 128 KiB. */
import { readPlain } from "../plainReader.ts";
import { commandLine, type Harness } from "../port.ts";

export const script: Harness = {
  kind: "script",
  program: "sh",
  versionArgs: null,
  keepsSecret: null,
  launch: ({ profile, promptFile }) => ({
    argv: commandLine(profile, "sh", [promptFile]),
    env: {},
    stdin: null,
  }),
  read: readPlain,
};
