import type { TaskFile } from "../../domain/taskFile.ts";
import { collectsData } from "../../domain/taskFile/cascades.ts";
import { HARNESS_KINDS, OUTPUT_KINDS, type Profile } from "../../runner/harness/port.ts";
import { usageError } from "../output/errors.ts";

const PERMISSIONS = ["bypass", "restricted"] as const;

type Entry = TaskFile["runners"][string];

/** The profiles of a run for its runner: those that its tasks name, as the file and the settings describe them. */
export function runnerProfiles(
  runners: TaskFile["runners"],
  used: ReadonlySet<string>,
  own: Profile[],
): Profile[] {
  const known = new Map(own.map((profile) => [profile.name, profile]));
  return [...used].flatMap((name) => {
    const entry = runners[name];
    if (entry !== undefined) return [toProfile(name, entry)];
    const profile = known.get(name);
    return profile === undefined ? [] : [profile];
  });
}

function toProfile(name: string, entry: Entry): Profile {
  const type = HARNESS_KINDS.find((one) => one === entry.type);
  if (type === undefined)
    throw usageError(
      `runners.${name}.type: expected one of ${HARNESS_KINDS.join(", ")}, got ${JSON.stringify(entry.type)}`,
    );
  const args = [...codexProfile(name, entry), ...texts(entry["args"], `runners.${name}.args`)];
  const command = texts(entry["command"], `runners.${name}.command`);
  return {
    name,
    type,
    ...(typeof entry["model"] === "string" && entry["model"] !== "" ? { model: entry["model"] } : {}),
    ...(isRecord(entry["env"]) ? { env: environment(name, entry["env"]) } : {}),
    ...(args.length > 0 ? { args } : {}),
    ...(command.length > 0 ? { command } : {}),
    ...(collectsData(entry) ? { dataCollection: true } : {}),
    ...boundOf(name, entry),
    ...choice(entry, "output", { among: OUTPUT_KINDS, at: `runners.${name}` }),
    ...choice(entry, "permissions", { among: PERMISSIONS, at: `runners.${name}` }),
  };
}

/** A field that takes one of some words. */
function choice<K extends string, T extends string>(
  entry: Entry,
  key: K,
  { among, at }: { among: readonly T[]; at: string },
): Partial<Record<K, T>> {
  const value = entry[key];
  if (value === undefined || value === null || value === "") return {};
  const found = among.find((one) => one === value);
  if (found !== undefined) return { [key]: found } as Partial<Record<K, T>>;
  throw usageError(`${at}.${key}: expected one of ${among.join(", ")}, got ${JSON.stringify(value)}`);
}

/** How many attempts of a profile go on at once. Drover's own settings have the same under another spelling. */
function boundOf(name: string, entry: Entry): Pick<Profile, "maxConcurrent"> {
  const bound = entry["max_concurrent"] ?? entry["maxConcurrent"];
  if (bound === undefined || bound === null || bound === 0) return {};
  if (typeof bound === "number" && Number.isInteger(bound) && bound > 0) return { maxConcurrent: bound };
  throw usageError(
    `runners.${name}.max_concurrent: expected a whole number from 1 on, got ${JSON.stringify(bound)}`,
  );
}

/** `profile` is a section of the Codex CLI's own configuration. */
function codexProfile(name: string, entry: Entry): string[] {
  const { profile } = entry as { profile?: unknown };
  if (profile === undefined || profile === null || profile === "") return [];
  if (typeof profile === "string" && entry.type === "codex") return ["--profile", profile];
  throw usageError(`runners.${name}.profile: expected the name of a Codex profile at a runner of type codex`);
}

function environment(name: string, env: Record<string, unknown>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => {
      if (value !== null && typeof value !== "string") {
        throw usageError(`runners.${name}.env.${key}: expected a text, "env:NAME" or null`);
      }
      const from = value === null ? undefined : /^env:(.*)$/s.exec(value)?.[1];
      if (from !== undefined && (process.env[from] ?? "") === "") {
        throw usageError(
          `runners.${name}.env.${key} takes its value from the variable ${from}, which is unset or empty: set ${from}`,
        );
      }
      return [key, value];
    }),
  );
}

function texts(value: unknown, what: string): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw usageError(`${what}: expected a list of texts`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
