/** Claude Code (`claude -p --output-format stream-json`). */
import type { Harness } from "../port.ts";
import { launchClaude } from "./launch.ts";
import { readClaude } from "./read.ts";

export const claude: Harness = {
  kind: "claude",
  program: "claude",
  versionArgs: ["--version"],
  keepsSecret: /^(ANTHROPIC_\w+|CLAUDE_CODE_OAUTH_TOKEN)$/,
  launch: launchClaude,
  read: readClaude,
};
