/**
 * Words of the scan: a *check* is a rule with a fixed id; a *finding* is one place where it fires in one repo;
 * a *note* names what could not or must not be looked at, so that silence never means "clean" by mistake.
 */

export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The six categories that a scan runs by itself, and those that `--check` adds. */
export const CORE_CATEGORIES = ["structure", "go", "python", "security", "ci", "quality"] as const;
export const EXTRA_CATEGORIES = ["node", "rust", "docker", "workflow"] as const;
export const CATEGORIES = [...CORE_CATEGORIES, ...EXTRA_CATEGORIES] as const;
export type Category = (typeof CATEGORIES)[number];

export type Language = "go" | "python" | "multi" | "unknown";

/** What a check found: `where` is a path in the repo; the lists become the work order for an agent. */
export type Fault = {
  message: string;
  suggestion: string;
  where: string;
  line?: number;
  steps: string[];
  limits?: string[];
  verify?: string[];
};

export type Finding = {
  repo: string;
  check: string;
  category: Category;
  severity: Severity;
  message: string;
  suggestion: string;
  prompt: string;
  path: string;
  line?: number;
};

export type Note = { repo: string; path: string; reason: string };

/** A finding that the house knows and has accepted until a day, with its reason. */
export type Accepted = Finding & { reason: string; until: string };

export type ScanResult = {
  repos: { name: string; dir: string; language: Language }[];
  findings: Finding[];
  accepted: Accepted[];
  skipped: { name: string; reason: string }[];
  notes: Note[];
  checks: { core: number; extra: number };
};

/** 1, 2, 3: the numbers that scan JSON and task priorities carry. */
export function severityNumber(severity: Severity): 1 | 2 | 3 {
  return (SEVERITIES.indexOf(severity) + 1) as 1 | 2 | 3;
}
