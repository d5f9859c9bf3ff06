import type { Profile, TaskFile } from "./parse.ts";
import type { Problem } from "./problem.ts";

export type Profiles = Record<string, Profile>;

/** Lays the profiles of the configuration below those of the file: the file's own win. */
export function withProfiles(file: TaskFile, profiles: Profiles): TaskFile {
  return { ...file, runners: { ...profiles, ...file.runners } };
}

/**
 * Merges task files in the order given. The first file that names a default runner, fallbacks or review wins;
 * `allowed_repos` is a union; one file comes back unchanged. Problems: a profile name with two contents, an id in
 * two files.
 */
export function mergeTaskFiles(files: TaskFile[]): { file: TaskFile; problems: Problem[] } {
  const [first, ...others] = files;
  if (!first) return { file: EMPTY, problems: [] };
  if (others.length === 0) return { file: first, problems: [] };
  const problems = [...profileConflicts(files), ...sharedIds(files)];
  const firstWith = <K extends keyof TaskFile>(key: K, has: (value: TaskFile[K]) => boolean) =>
    (files.find((file) => has(file[key])) ?? first)[key];
  const emptyReason = firstWith("empty_reason", (value) => value !== undefined);
  return {
    problems,
    file: {
      ...first,
      source: files.map((file) => file.source).join(", "),
      description: firstWith("description", (value) => value !== ""),
      default_runner: firstWith("default_runner", Boolean),
      default_fallbacks: firstWith("default_fallbacks", (value) => value.length > 0),
      review: firstWith("review", (value) => value !== undefined),
      allowed_repos: [...new Set(files.flatMap((file) => file.allowed_repos))],
      runners: Object.assign({}, ...files.map((file) => file.runners).reverse()) as Profiles,
      empty_reason: emptyReason,
      tasks: files.flatMap((file) => file.tasks),
    },
  };
}

const EMPTY: TaskFile = {
  source: "",
  description: "",
  generated: undefined,
  allowed_repos: [],
  default_runner: undefined,
  default_fallbacks: [],
  runners: {},
  review: undefined,
  empty_reason: undefined,
  tasks: [],
};

function profileConflicts(files: TaskFile[]): Problem[] {
  const first = new Map<string, { source: string; content: string }>();
  const problems: Problem[] = [];
  for (const file of files) {
    for (const [name, profile] of Object.entries(file.runners)) {
      const content = stable(profile);
      const known = first.get(name);
      if (!known) first.set(name, { source: file.source, content });
      else if (known.content !== content) {
        const message = `profile ${JSON.stringify(name)} conflicts with the one in ${known.source}: make them equal or rename one`;
        problems.push({ kind: "profile_conflict", file: file.source, field: `runners.${name}`, message });
      }
    }
  }
  return problems;
}

function sharedIds(files: TaskFile[]): Problem[] {
  const owner = new Map<string, string>();
  const problems: Problem[] = [];
  for (const file of files) {
    for (const id of new Set(file.tasks.map((task) => task.id))) {
      const other = owner.get(id);
      if (other === undefined) owner.set(id, file.source);
      else if (id !== "") {
        const message = `duplicate id ${JSON.stringify(id)}: also in ${other}`;
        problems.push({ kind: "duplicate_id", file: file.source, task: id, field: "id", message });
      }
    }
  }
  return problems;
}

/** JSON with sorted keys, so that the order in which a profile was typed makes no conflict. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
