/** The registry of harness adapters. */
import { acp } from "./acp/index.ts";
import { claude } from "./claude/index.ts";
import { cline } from "./cline/index.ts";
import { codex } from "./codex/index.ts";
import { command } from "./command/index.ts";
import { gemini } from "./gemini/index.ts";
import { kilocode } from "./kilocode/index.ts";
import { opencode } from "./opencode/index.ts";
import { HARNESS_KINDS, type Harness, type HarnessKind, type StreamKind } from "./port.ts";
import { qwen } from "./qwen/index.ts";
import { script } from "./script/index.ts";

export { HARNESS_KINDS };

const HARNESSES: Record<HarnessKind, Harness> = {
  ...{ claude, codex, gemini, opencode, qwen, cline, acp, script, command },
  kilocode: { ...kilocode, read: opencode.read },
};

/** The adapter of a kind. */
export function harnessOf(kind: HarnessKind): Harness {
  return HARNESSES[kind];
}

/** The adapter of a profile: a `command` whose output is that of an agent CLI is read by that CLI's adapter. */
export function harnessFor(profile: { type: HarnessKind; output?: StreamKind | undefined }): Harness {
  const own = harnessOf(profile.type);
  if (profile.type !== "command" || !profile.output) return own;
  const dialect = harnessOf(profile.output);
  return {
    ...own,
    read: dialect.read,
    keepsSecret: dialect.keepsSecret,
    ...(dialect.evidenceFile ? { evidenceFile: dialect.evidenceFile } : {}),
  };
}
