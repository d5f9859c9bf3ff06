/**
 * The configuration file, as its users know it: `convexUrl`, `namespace`, `timeoutMs`, `harnessDefaults`, and what
 * Drover adds. Pure: text in, configuration or a list of problems out. Finding and merging is the CLI's work.
 */
import * as z from "zod";
import { BUILT_IN_HARNESSES, HARNESS_TYPES, NAMED_PROGRAMS, OUTPUT_TYPES } from "./harnessKinds.ts";
import { meantHint } from "./didYouMean.ts";
import { JOB_TYPE_NAMES } from "./jobTypes.ts";
import { findJsonFault } from "./jsonFault.ts";

/** Longest time that a configuration may give a job: a day, in milliseconds. */
const MAX_TIMEOUT_MS = 86_400_000;
/** Jobs that one runner may run at once. */
const MAX_SLOTS = 64;

/** A name of a namespace or profile: readable in a URL, a file name and a shell without quoting. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const SLUG_PATTERN = /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)*$/;

const name = z.string().regex(NAME_PATTERN, "expected letters, digits, `.`, `_` or `-` (at most 64)");
const slug = z.string().regex(SLUG_PATTERN, "expected a repo slug like owner/name");
const milliseconds = z
  .int("expected whole milliseconds")
  .min(1000, "expected at least 1000 ms")
  .max(MAX_TIMEOUT_MS);
const path = z.string().min(1, "expected a path");

const limits = z.strictObject({
  maxJobs: z.int().min(1).optional(),
  maxConsecutiveFailures: z.int().min(1).optional(),
  maxCostUsd: z.number().positive().optional(),
  maxTokens: z.int().min(1).optional(),
});

const retention = z.strictObject({
  finishedDays: z.number().min(0, "expected days, at least 0").optional(),
  finishedAssignments: z.int().min(1).optional(),
});

const mebibytes = z.int("expected whole MiB").min(0);
const runnerLimits = z.strictObject({
  freeDiskMb: mebibytes.optional(),
  freeMemoryMb: mebibytes.optional(),
  outputMb: mebibytes.min(1).optional(),
  /** Jobs of one namespace, and of one repo, that one runner has going at once. */
  jobsPerNamespace: z.int().min(1).max(MAX_SLOTS).optional(),
  jobsPerRepo: z.int().min(1).max(MAX_SLOTS).optional(),
});

const harnessProfile = z.strictObject({
  type: z.enum(HARNESS_TYPES),
  model: z.string().min(1).optional(),
  /** Texts, `env:NAME` (read on the runner: secrets never lie in this file) or null, which unsets the name. */
  env: z.record(z.string(), z.union([z.string(), z.null()])).optional(),
  args: z.array(z.string()).optional(),
  command: z.array(z.string().min(1)).min(1, "expected the program and its arguments").optional(),
  /** How to read the stdout of a `command`; plain text when absent. */
  output: z.enum(OUTPUT_TYPES).optional(),
  /** `bypass` (default) asks no question; `restricted` edits in the folder without a free shell. */
  permissions: z.enum(["bypass", "restricted"]).optional(),
  /** Attempts of it that one runner has at once. */
  maxConcurrent: z.int().min(1, "expected at least 1").max(MAX_SLOTS).optional(),
  /** Its provider keeps what it is sent: it never gets a repo of `privateRepos`. */
  dataCollection: z.boolean().optional(),
});

const fileShape = {
  $schema: z.string().optional(),
  convexUrl: z.url({ protocol: /^https?$/, error: "expected an http(s) URL" }).optional(),
  namespace: name.optional(),
  timeoutMs: milliseconds.optional(),
  idleTimeoutMs: milliseconds.optional(),
  harnessDefaults: z
    .strictObject(Object.fromEntries(["default", ...JOB_TYPE_NAMES].map((t) => [t, name.optional()])))
    .optional(),
  cascade: z.array(name).optional(),
  harnesses: z.record(name, harnessProfile).optional(),
  repo: slug.optional(),
  repos: z.record(slug, path).optional(),
  namespaces: z
    .record(name, z.strictObject({ repo: slug.optional(), repos: z.record(slug, path).optional() }))
    .optional(),
  slots: z.int().min(1).max(MAX_SLOTS).optional(),
  pools: z.array(name).optional(),
  limits: limits.optional(),
  /** How long the backend keeps what is over; see SPEC.md §3.1. */
  retention: retention.optional(),
  /** What a runner's own limits are, in MiB; see docs/runner.md. */
  runnerLimits: runnerLimits.optional(),
  /** Repos that no profile with `dataCollection` may see. */
  privateRepos: z.array(slug).optional(),
};

export const configSchema = z.strictObject(fileShape).superRefine(checkProfiles);
export type Config = z.infer<typeof configSchema>;

export type ParsedConfig = { ok: true; config: Config } | { ok: false; problems: string[] };

/** Reads a configuration text. Problems are sentences without the file's name, the most basic one first. */
export function parseConfig(text: string): ParsedConfig {
  // Editors on Windows write a byte order mark, which JSON.parse refuses.
  const body = text.replace(/^\uFEFF/, "");
  const fault = findJsonFault(body);
  if (fault !== null) {
    return {
      ok: false,
      problems: [`line ${fault.line}, column ${fault.column}: not JSON: ${fault.message}`],
    };
  }
  const parsed = configSchema.safeParse(JSON.parse(body));
  if (parsed.success) return { ok: true, config: parsed.data };
  return { ok: false, problems: parsed.error.issues.flatMap(describe) };
}

/** The names of profiles that jobs may ask for: those of the file and the kinds that need none. */
export function profileNames(config: Config): string[] {
  return [...new Set([...Object.keys(config.harnesses ?? {}), ...BUILT_IN_HARNESSES])];
}

function checkProfiles(config: Config, ctx: z.core.$RefinementCtx): void {
  const known = profileNames(config);
  const check = (profile: string | undefined, at: string[]) => {
    if (profile === undefined || known.includes(profile)) return;
    ctx.addIssue({ code: "custom", path: at, message: unknownProfile(profile, known) });
  };
  for (const [type, profile] of Object.entries(config.harnessDefaults ?? {}))
    check(profile, ["harnessDefaults", type]);
  for (const [i, profile] of (config.cascade ?? []).entries()) check(profile, ["cascade", String(i)]);
  for (const [profile, { type, command }] of Object.entries(config.harnesses ?? {})) {
    if (NAMED_PROGRAMS.some((kind) => kind === type) && command === undefined) {
      ctx.addIssue({
        code: "custom",
        path: ["harnesses", profile],
        message: `type "${type}" needs "command": ["program", "argument", …]`,
      });
    }
  }
}

/** What to say of a profile that nobody declared. */
export function unknownProfile(profile: string, known: readonly string[]): string {
  return `unknown harness "${profile}"${meantHint(profile, known)}: expected one of ${known.join(", ")}`;
}

function describe(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join(".");
  if (issue.code !== "unrecognized_keys") return [`${at === "" ? "the file" : at}: ${issue.message}`];
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const where = at === "" ? key : `${at}.${key}`;
    return `unknown key "${where}"${meantHint(key, known)}: expected one of ${known.join(", ")}`;
  });
}

/** The keys that may stand at a path of the file, for "did you mean". */
function knownKeys(path: PropertyKey[]): string[] {
  const [head] = path;
  if (head === "harnessDefaults") return ["default", ...JOB_TYPE_NAMES];
  if (head === "harnesses") return Object.keys(harnessProfile.shape);
  if (head === "runnerLimits") return Object.keys(runnerLimits.shape);
  if (head === "limits") return Object.keys(limits.shape);
  if (head === "retention") return Object.keys(retention.shape);
  if (head === "namespaces") return ["repo", "repos"];
  return Object.keys(fileShape).filter((key) => key !== "$schema");
}
