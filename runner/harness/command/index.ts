/** Any program that takes the prompt on stdin; `profile.command` names it. */
import { readPlain } from "../plainReader.ts";
import { commandLine, type Harness } from "../port.ts";

export const command: Harness = {
  kind: "command",
  program: null,
  versionArgs: null,
  keepsSecret: null,
  launch: ({ profile, prompt }) => ({ argv: commandLine(profile, "", []), env: {}, stdin: prompt }),
  read: readPlain,
};
