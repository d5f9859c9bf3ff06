/** Which profiles a task of a file is tried with: striping, fallbacks, and what may not run it. */
import { HARNESS_TYPES } from "../harnessKinds.ts";
import { BUILT_IN_RUNNERS, normalizeRunner, type Profile, type Task, type TaskFile } from "./parse.ts";
import type { Problem } from "./problem.ts";

/** Runner of files that name none: what their users have had from the start. */
export const DEFAULT_RUNNER = "codex";
/** Types that Drover can drive. */
const DRIVEN: readonly string[] = HARNESS_TYPES;

export interface CascadeRules {
  /** Repos whose content must not reach profiles that collect data. */
  privateRepos: readonly string[];
  /** Names of profiles that collect data, beside those that the file marks. */
  collectors?: readonly string[];
  /** From the configuration: below what the file says. */
  defaultRunner?: string | undefined;
  defaultFallbacks?: readonly string[] | undefined;
}

export interface TaskCascade {
  cascade: string[];
  /** Removed because the repo is private. */
  barred: string[];
  isScript: boolean;
  problem?: Problem;
  warnings: string[];
}

/** Gives for each task of the whole file, by its position in it, the profiles that it is tried with. */
export function cascadesOf(
  file: TaskFile,
  rules: CascadeRules,
): (task: Task, position: number) => TaskCascade {
  const runners = new Map(
    Object.entries(file.runners).map(([name, profile]) => [normalizeRunner(name), { name, profile }]),
  );
  const nameOf = (wish: string) => runners.get(normalizeRunner(wish))?.name ?? normalizeRunner(wish);
  const first = nameOf(file.default_runner ?? rules.defaultRunner ?? DEFAULT_RUNNER);
  const fallbacks =
    file.default_fallbacks.length > 0 ? file.default_fallbacks : (rules.defaultFallbacks ?? []);
  const others = fallbacks.map(nameOf);
  const all = unique([first, ...others]);
  const striped = all.filter((name) => runners.get(normalizeRunner(name))?.profile["fallback_only"] !== true);
  const firsts = striped.length > 0 ? striped : all;
  const typeOf = (name: string) => runners.get(normalizeRunner(name))?.profile.type ?? name;
  const collects = collectorsOf(file, rules);
  const isPrivate = new Set(rules.privateRepos);
  return (task, position) => {
    const wished = wishOf(task, { all, others, firsts, position, nameOf });
    const barred = isPrivate.has(task.repo) ? [...collects].filter((name) => wished.includes(name)) : [];
    return judged(task, { wished, barred, typeOf });
  };
}

/** Names of profiles whose provider collects data. */
export function collectorsOf(
  file: TaskFile,
  { collectors = [] }: Pick<CascadeRules, "collectors">,
): Set<string> {
  const marked = Object.entries(file.runners).filter(([, profile]) => collectsData(profile));
  return new Set([...marked.map(([name]) => name), ...collectors]);
}

/** True for a profile whose provider keeps what it is sent, in the spelling of task files or of Drover's settings. */
export function collectsData(profile: Profile): boolean {
  return profile["data_collection"] === true || profile["dataCollection"] === true;
}

interface Wishes {
  /** The default runner, then the default fallbacks. */
  all: string[];
  /** The default fallbacks. */
  others: string[];
  /** Those of `all` that may come first. */
  firsts: string[];
  position: number;
  nameOf: (wish: string) => string;
}

/**
 * The task at position i of the file without a runner takes the i-th of all profiles, so that all have work; those that
 * are for falling back alone come after them.
 */
function wishOf(task: Task, { all, others, firsts, position, nameOf }: Wishes): string[] {
  const own = task.fallbacks.map(nameOf);
  const [first = DEFAULT_RUNNER] = all;
  if (task.runner !== undefined && task.runner !== "") {
    return unique([nameOf(task.runner), ...(own.length > 0 ? own : others)]);
  }
  const start = firsts[position % firsts.length] ?? first;
  return unique([start, ...(own.length > 0 ? own : all)]);
}

function judged(
  task: Task,
  { wished, barred, typeOf }: { wished: string[]; barred: string[]; typeOf: (name: string) => string },
): TaskCascade {
  const warnings: string[] = [];
  const allowed = wished.filter((name) => !barred.includes(name));
  const driven = allowed.filter((name) => DRIVEN.includes(typeOf(name)));
  for (const name of allowed) {
    if (!driven.includes(name))
      warnings.push(
        `profile "${name}" has the type "${typeOf(name)}", which Drover cannot drive: passed over`,
      );
  }
  const isScript = typeOf(driven[0] ?? "") === "script";
  // A prompt for an agent is no shell command, and a shell command no prompt.
  const cascade = driven.filter((name) => (typeOf(name) === "script") === isScript);
  for (const name of driven) {
    if (!cascade.includes(name))
      warnings.push(
        `profile "${name}" is passed over where ${isScript ? "a script" : "an agent"} comes first: one runs commands, the other reads prompts`,
      );
  }
  const result = { cascade, barred, isScript, warnings };
  return cascade.length > 0 ? result : { ...result, problem: nobodyLeft(task, wished, barred) };
}

function nobodyLeft(task: Task, wished: string[], barred: string[]): Problem {
  const why =
    barred.length > 0
      ? `repo ${task.repo} is private and every profile that is left collects data (${barred.join(", ")})`
      : `no profile can run it: expected one of a type among ${DRIVEN.join(", ")}, got ${wished.join(", ")} (built in: ${BUILT_IN_RUNNERS.join(", ")})`;
  return {
    kind: "unknown_runner",
    file: task.source_file ?? "",
    task: task.id,
    field: "runner",
    message: why,
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
