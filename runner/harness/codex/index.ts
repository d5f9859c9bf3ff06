/** Codex CLI (`codex exec --json`). */
import type { Harness } from "../port.ts";
import { launchCodex } from "./launch.ts";
import { readCodex } from "./read.ts";
import { findRollout } from "./rollout.ts";

export const codex: Harness = {
  kind: "codex",
  program: "codex",
  versionArgs: ["--version"],
  keepsSecret: /^(OPENAI_\w+|CODEX_\w+|AZURE_OPENAI_\w+)$/,
  launch: launchCodex,
  read: readCodex,
  evidenceFile: findRollout,
};
