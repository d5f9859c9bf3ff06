import type { TaskFile } from "../../domain/taskFile.ts";
import { HARNESS_KINDS, type Profile } from "../../runner/harness/port.ts";
import { usageError } from "../output/errors.ts";

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
  };
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
