import { jobHandle } from "../../../domain/handle.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { fail } from "../shared/fail.ts";

/** True for a profile that may never run this job: its repo is private and the profile's provider collects data. */
export function isBarred({ barred }: Pick<Doc<"jobs">, "barred">, profile: string): boolean {
  return barred?.includes(profile) === true;
}

/** NOT_ALLOWED when the profile may never run this job. */
export function refuseBarred(job: Doc<"jobs">, profile: string): void {
  if (!isBarred(job, profile)) return;
  fail(
    "NOT_ALLOWED",
    `job ${jobHandle(job)} is for a private repo, and profile ${JSON.stringify(profile)} collects data: choose another`,
  );
}
