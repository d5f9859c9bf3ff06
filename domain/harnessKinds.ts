/** The kinds of harness, once for the configuration, for task files and for the runner. */

/** Kinds that can be used by their own name without a profile. */
export const BUILT_IN_HARNESSES = [
  "claude",
  "codex",
  "gemini",
  "opencode",
  "qwen",
  "cline",
  "kilocode",
  "script",
] as const;

/** Kinds whose profile must name its program. */
export const NAMED_PROGRAMS = ["acp", "command"] as const;

/** All kinds. */
export const HARNESS_TYPES = [...BUILT_IN_HARNESSES, ...NAMED_PROGRAMS] as const;
export type HarnessType = (typeof HARNESS_TYPES)[number];

/** What a `command` may claim to print: the JSON lines of one of these. */
export const OUTPUT_TYPES = ["claude", "codex", "gemini", "opencode", "qwen", "cline", "kilocode"] as const;
