/** Any agent that speaks the Agent Client Protocol; `profile.command` names it (`gemini --acp`, `opencode acp`). */
import type { Harness } from "../port.ts";
import { launchAcp } from "./launch.ts";
import { readAcp } from "./read.ts";

export const acp: Harness = {
  kind: "acp",
  program: null,
  versionArgs: null,
  // Which key it needs nobody knows: the profile names it under `env`.
  keepsSecret: null,
  launch: launchAcp,
  read: readAcp,
};
