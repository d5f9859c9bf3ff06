/** Which harness profiles a new job will be tried with. */
import type { JobClass } from "./jobTypes.ts";

/** Profile where nobody configured any: the harness that Drover's users have had from the start. */
export const FALLBACK_PROFILE = "claude";
/** Profile of jobs of class script. */
export const SCRIPT_PROFILE = "script";

export interface CascadeWish {
  type: string;
  class: JobClass;
  harness?: string | undefined;
  cascade?: readonly string[] | undefined;
}

export interface CascadeDefaults {
  harnessDefaults: Readonly<Record<string, string>>;
  /** Profiles tried after the first. */
  cascade: readonly string[];
}

/**
 * The ordered profiles of a job: its own cascade; else its harness, or its type's default, followed by the
 * namespace's cascade. A script names its interpreter itself and falls over to nothing.
 */
export function resolveCascade(job: CascadeWish, defaults: CascadeDefaults): string[] {
  if (job.cascade !== undefined && job.cascade.length > 0) {
    return unique(job.harness === undefined ? job.cascade : [job.harness, ...job.cascade]);
  }
  const { harnessDefaults, cascade } = defaults;
  if (job.class === "script") {
    return [job.harness ?? harnessDefaults[job.type] ?? SCRIPT_PROFILE];
  }
  const first = job.harness ?? harnessDefaults[job.type] ?? harnessDefaults.default;
  return unique([first ?? cascade[0] ?? FALLBACK_PROFILE, ...cascade]);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
