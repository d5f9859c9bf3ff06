/** From flags or a file to the jobs that `jobs:insert` takes: everything that can be checked here is checked here. */
import * as z from "zod";
import { type Config, profileNames } from "../domain/config.ts";
import { meantHint } from "../domain/didYouMean.ts";
import { isJobType, JOB_TYPE_NAMES, JOB_TYPES, type JobType } from "../domain/jobTypes.ts";
import { findJsonFault } from "../domain/jsonFault.ts";
import { MAX_BATCH } from "../domain/limits.ts";
import { type Defined, defined } from "../domain/defined.ts";
import { checkText } from "./input.ts";
import { usageError } from "./output/errors.ts";

const texts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

/** One job of a jobs file; `after` may name the `key` of another job of the file. */
const jobShape = z.strictObject({
  type: z.string(),
  context: z.string(),
  title: z.string().optional(),
  harness: z.string().optional(),
  cascade: z.array(z.string()).min(1).optional(),
  after: texts.optional(),
  priority: z.int().optional(),
  timeoutMs: z.int().min(1).optional(),
  idleTimeoutMs: z.int().min(1).optional(),
  repo: z.string().optional(),
  pool: z.string().optional(),
  lock: z.string().optional(),
  notBefore: z.int().optional(),
  key: z.string().optional(),
});
export type JobRequest = z.infer<typeof jobShape>;
/** What the backend takes: the type is known, the profiles are a cascade. */
export type NewJob = Defined<
  Omit<JobRequest, "type" | "harness" | "lock"> & { type: JobType; lock: string | null | undefined }
>;

/** Reads a jobs file: an array of jobs, or an object with `jobs`. @throws CliError (exit 2) */
export function parseJobsFile(text: string, file: string): JobRequest[] {
  const fault = findJsonFault(text);
  if (fault !== null)
    throw usageError(`${file}, line ${fault.line}, column ${fault.column}: not JSON: ${fault.message}`);
  const value = JSON.parse(text) as unknown;
  const list = Array.isArray(value) ? value : (value as { jobs?: unknown } | null)?.jobs;
  const parsed = z.array(jobShape).min(1).max(MAX_BATCH).safeParse(list);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${describe(issue)}`);
  throw usageError(`${file} must hold a JSON array of jobs, or {"jobs": […]}:\n${problems.join("\n")}`);
}

function describe(issue: z.core.$ZodIssue): string {
  const at =
    issue.path.length === 0
      ? "the list"
      : `job ${String(issue.path[0])}${issue.path
          .slice(1)
          .map((p) => `.${String(p)}`)
          .join("")}`;
  if (issue.code !== "unrecognized_keys") return `${at}: ${issue.message}`;
  const known = Object.keys(jobShape.shape);
  return issue.keys.map((key) => `${at}: unknown key "${key}"${meantHint(key, known)}`).join("; ");
}

/** Checks one request against the job types and completes it from the configuration. @throws CliError (exit 2) */
export function toNewJob(request: JobRequest, config: Config): NewJob {
  const { type, harness, lock, ...rest } = request;
  if (!isJobType(type)) {
    throw usageError(
      `unknown job type "${type}"${meantHint(type, JOB_TYPE_NAMES)}: expected one of ${JOB_TYPE_NAMES.join(", ")}`,
    );
  }
  checkText(rest.context, "the context");
  return defined({
    ...rest,
    type,
    cascade: rest.cascade ?? cascadeOf(type, harness, config),
    lock: lock === "none" ? null : lock,
    timeoutMs: rest.timeoutMs ?? config.timeoutMs,
    idleTimeoutMs: rest.idleTimeoutMs ?? config.idleTimeoutMs,
  });
}

/** The first profile and those after it; undefined leaves the choice to the namespace's own defaults. */
function cascadeOf(type: JobType, harness: string | undefined, config: Config): string[] | undefined {
  const byDefault = JOB_TYPES[type].class === "agent" ? config.harnessDefaults?.default : undefined;
  const first = harness ?? config.harnessDefaults?.[type] ?? byDefault;
  if (first === undefined) return undefined;
  // Another harness cannot run a shell script: a cascade of agents is no fallback for it.
  const others = JOB_TYPES[type].class === "agent" ? (config.cascade ?? []) : [];
  return [first, ...others.filter((profile) => profile !== first)];
}

/** Profiles that neither the configuration nor Drover itself knows, for a question to the backend. */
export function unknownProfiles(jobs: readonly NewJob[], config: Config): string[] {
  const known = profileNames(config);
  return [...new Set(jobs.flatMap((job) => job.cascade ?? []))].filter((profile) => !known.includes(profile));
}
