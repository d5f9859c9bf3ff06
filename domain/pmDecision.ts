/**
 * What a PM job decided, read from its answer: the last JSON object in the text, alone, in prose or in a code
 * fence. Tolerant to what stands around it, strict in its fields, because a guess would steer real work. SPEC.md §6.
 */
import { BLOCK_OWNERS, type BlockOwner } from "./assignmentState.ts";
import { isJobType, type JobType } from "./jobTypes.ts";
import { lastJsonObject } from "./lastJson.ts";

export interface DecidedJob {
  type: Exclude<JobType, "pm">;
  context: string;
  harness?: string;
  title?: string;
}

interface Texts {
  artifacts?: string;
  decisions?: string;
}

export type PmDecision =
  | ({ kind: "insert"; jobs: DecidedJob[] } & Texts)
  | ({ kind: "complete" } & Texts)
  | ({ kind: "block"; reason: string; owner: BlockOwner } & Texts)
  /** No JSON object that names a decision. */
  | { kind: "none" }
  /** One that cannot be carried out: the reason goes into the reminder. */
  | { kind: "invalid"; reason: string };

const FIELDS = {
  insert: ["decision", "jobs", "artifacts", "decisions"],
  complete: ["decision", "artifacts", "decisions"],
  block: ["decision", "reason", "owner", "artifacts", "decisions"],
} as const;
const JOB_FIELDS = ["type", "context", "harness", "title"];

/** Reads the decision out of a PM's answer. Never throws. */
export function parsePmDecision(answer: string): PmDecision {
  const found = lastJsonObject(answer);
  if (found === undefined || !("decision" in found)) return { kind: "none" };
  try {
    return read(found);
  } catch (error) {
    if (error instanceof Refused) return { kind: "invalid", reason: error.message };
    throw error;
  }
}

class Refused extends Error {}

function read(found: Record<string, unknown>): PmDecision {
  const { decision } = found;
  if (decision !== "insert" && decision !== "complete" && decision !== "block") {
    throw new Refused(`"decision" must be "insert", "complete" or "block", got ${show(decision)}`);
  }
  onlyFields(found, FIELDS[decision], `a decision to ${decision}`);
  const texts = { ...text(found, "artifacts"), ...text(found, "decisions") };
  switch (decision) {
    case "insert":
      return { kind: "insert", jobs: jobs(found.jobs), ...texts };
    case "complete":
      return { kind: "complete", ...texts };
    case "block":
      return { kind: "block", reason: filled(found.reason, '"reason"'), owner: owner(found.owner), ...texts };
    default:
      return decision satisfies never;
  }
}

function jobs(value: unknown): DecidedJob[] {
  if (!Array.isArray(value)) throw new Refused(`"jobs" must be a list of jobs, got ${show(value)}`);
  return value.map((job: unknown, i) => decidedJob(job, `job ${i + 1}`));
}

function decidedJob(value: unknown, which: string): DecidedJob {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refused(`${which} must be an object with "type" and "context", got ${show(value)}`);
  }
  const job = value as Record<string, unknown>;
  onlyFields(job, JOB_FIELDS, which);
  const { type } = job;
  if (typeof type !== "string" || !isJobType(type) || type === "pm") {
    throw new Refused(`${which}: "type" must be a job type other than pm, got ${show(type)}`);
  }
  return {
    type,
    context: filled(job.context, `${which}: "context"`),
    ...text(job, "harness"),
    ...text(job, "title"),
  };
}

function owner(value: unknown): BlockOwner {
  if (value === undefined) return "human";
  const known = BLOCK_OWNERS.find((name) => name === value);
  if (known === undefined)
    throw new Refused(`"owner" must be one of ${BLOCK_OWNERS.join(", ")}, got ${show(value)}`);
  return known;
}

function text<K extends string>(from: Record<string, unknown>, field: K): Partial<Record<K, string>> {
  const value = from[field];
  if (value === undefined) return {};
  if (typeof value !== "string") throw new Refused(`"${field}" must be a text, got ${show(value)}`);
  return { [field]: value } as Partial<Record<K, string>>;
}

function filled(value: unknown, name: string): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new Refused(`${name} must be a text that is not empty, got ${show(value)}`);
}

function onlyFields(found: object, known: readonly string[], what: string): void {
  const odd = Object.keys(found).find((name) => !known.includes(name));
  if (odd !== undefined) {
    throw new Refused(`${what} has no field ${JSON.stringify(odd)}: known are ${known.join(", ")}`);
  }
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 80);
}
