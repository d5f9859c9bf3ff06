import { parseHandle } from "../../../domain/handle.ts";
import { SCRIPT_PROFILE } from "../../../domain/jobCascade.ts";
import { JOB_TYPES } from "../../../domain/jobTypes.ts";
import type { Doc } from "../../_generated/dataModel.js";
import {
  checkName,
  checkNames,
  checkNumber,
  checkSize,
  checkText,
  MAX_CASCADE,
  MAX_PRIORITY,
} from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import type { NewJob } from "../shared/shapes.ts";

/** Dependencies that one job may name. */
export const MAX_AFTER = 512;
/** Milliseconds that a time limit may be at most: a week. */
const MAX_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1000;
/** How far into the future a start time may lie, ms: a year, well within what Convex schedules. */
const MAX_DELAY_MS = 366 * 24 * 60 * 60 * 1000;

/** Refuses a new job whose values make no sense; `what` names it in messages. */
export function checkNewJob(
  job: NewJob,
  what: string,
  { namespace, now }: { namespace: Doc<"namespaces">; now: number },
): void {
  checkText(job.context, `${what}: context`);
  checkSize(job.title, `${what}: title`);
  for (const field of ["key", "pool", "repo", "harness"] as const) checkName(job[field], `${what}: ${field}`);
  checkName(job.lock ?? undefined, `${what}: lock`);
  checkNumber(job.priority, `${what}: priority`, { min: -MAX_PRIORITY, max: MAX_PRIORITY });
  checkNumber(job.timeoutMs, `${what}: timeoutMs`, { min: 1, max: MAX_TIMEOUT_MS });
  checkNumber(job.idleTimeoutMs, `${what}: idleTimeoutMs`, { min: 1, max: MAX_TIMEOUT_MS });
  checkNumber(job.notBefore, `${what}: notBefore (milliseconds since 1970)`, {
    min: 0,
    max: now + MAX_DELAY_MS,
    whole: false,
  });
  checkReferences(job, what);
  checkClass(job, what);
  checkProfiles(job, what, namespace);
}

function checkReferences({ key, after }: NewJob, what: string): void {
  if (key !== undefined && parseHandle(key) !== undefined) {
    fail("INVALID", `${what}: key ${JSON.stringify(key)} reads like a handle: use one with a letter in it`);
  }
  if (after !== undefined && after.length > MAX_AFTER) {
    fail(
      "INVALID",
      `${what}: expected at most ${MAX_AFTER} dependencies, got ${after.length}: put a job between that gathers some of them`,
    );
  }
}

/** A prompt holds what agents and people wrote: a shell would run every command that it quotes. */
function checkClass({ type, harness, cascade }: NewJob, what: string): void {
  if (JOB_TYPES[type].class !== "agent" || ![harness, ...(cascade ?? [])].includes(SCRIPT_PROFILE)) return;
  fail(
    "INVALID",
    `${what}: harness ${JSON.stringify(SCRIPT_PROFILE)} runs a shell command and no prompt: expected an agent's harness for type ${type}, or type script`,
  );
}

function checkProfiles(
  { harness, cascade, barred }: NewJob,
  what: string,
  { profiles, name }: Doc<"namespaces">,
): void {
  checkNames(cascade, `${what}: cascade`, MAX_CASCADE);
  checkNames(barred, `${what}: barred`, MAX_CASCADE);
  if (profiles.length === 0) return; // The namespace declares none, so any name may be one.
  const odd = [harness, ...(cascade ?? [])].find((wish) => wish !== undefined && !profiles.includes(wish));
  if (odd === undefined) return;
  fail(
    "INVALID",
    `${what}: harness ${JSON.stringify(odd)} is not configured for namespace ${JSON.stringify(name)}: expected one of ${profiles.join(", ")}`,
  );
}
