import type { Check } from "../check.ts";
import { CORE_CATEGORIES, type Category } from "../model.ts";
import { ciChecks } from "./ci.ts";
import { dockerChecks } from "./docker.ts";
import { goChecks } from "./go.ts";
import { nodeChecks } from "./node.ts";
import { pythonChecks } from "./python.ts";
import { qualityChecks } from "./quality.ts";
import { rustChecks } from "./rust.ts";
import { securityChecks } from "./security.ts";
import { structureChecks } from "./structure.ts";
import { workflowChecks } from "./workflow.ts";

/** The 26 checks that every scan runs, in the order in which they are documented. */
export const CORE_CHECKS: readonly Check[] = [
  ...structureChecks,
  ...goChecks,
  ...pythonChecks,
  ...securityChecks,
  ...ciChecks,
  ...qualityChecks,
];

/** The checks that run only when `--check` names their category; counted apart, so that the 26 stay 26. */
export const EXTRA_CHECKS: readonly Check[] = [
  ...nodeChecks,
  ...rustChecks,
  ...dockerChecks,
  ...workflowChecks,
];

export const ALL_CHECKS: readonly Check[] = [...CORE_CHECKS, ...EXTRA_CHECKS];

/** The checks of the categories asked for; none asked for means the six core ones. */
export function selectChecks(categories: readonly Category[]): Check[] {
  const wanted: readonly Category[] = categories.length === 0 ? CORE_CATEGORIES : categories;
  return ALL_CHECKS.filter((check) => wanted.includes(check.category));
}
