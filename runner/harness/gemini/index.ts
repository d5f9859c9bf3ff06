/** Gemini CLI (`gemini --output-format stream-json`). */
import type { Harness } from "../port.ts";
import { launchGemini } from "./launch.ts";
import { readGemini } from "./read.ts";

export const gemini: Harness = {
  kind: "gemini",
  program: "gemini",
  versionArgs: ["--version"],
  keepsSecret: /^(GEMINI_\w+|GOOGLE_\w+)$/,
  launch: launchGemini,
  read: readGemini,
};
