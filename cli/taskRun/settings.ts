import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { meantHint } from "../../domain/didYouMean.ts";
import { expandPath } from "../../portfolio/files/paths.ts";
import { parseYaml } from "../../portfolio/files/parse.ts";
import { readBounded } from "../../portfolio/files/readBounded.ts";
import { usageError } from "../output/errors.ts";

/** The settings file that users of task files have. */
export const TASK_SETTINGS = ".runforge.yml";

const names = z.array(z.string()).nullish();
const schema = z.looseObject({
  workers: z.int().min(0).max(64).nullish(),
  repos_dir: z.string().nullish(),
  max_runtime: z.string().nullish(),
  idle_timeout: z.string().nullish(),
  fail_fast: z.boolean().nullish(),
  verify: z.boolean().nullish(),
  post_run: z.string().nullish(),
  default_runner: z.string().nullish(),
  default_fallbacks: names,
  runners: z.record(z.string(), z.looseObject({ type: z.string() })).nullish(),
  private_repos: names,
});
export type TaskSettings = z.output<typeof schema>;

/** Keys that other commands read, or that change nothing in a run; all others are told as unknown. */
const KNOWN = [...Object.keys(schema.shape), "scan"];
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  proxy: "start a proxy of your own and point the profile's base URL at it",
  parallel_repo: "tasks of one repo run one after the other",
  merge_back: "tasks work in the checkout itself",
  codex_quota: "limits are noticed when they come",
  prompt_conventions: "write them into AGENTS.md of the repo",
  docs_dir: "only `generate` looks for documents",
};

export interface ReadTaskSettings {
  settings: TaskSettings;
  /** The file, or null where there is none. */
  file: string | null;
  warnings: string[];
}

/**
 * Reads the settings: the named file, else `.runforge.yml` here or in the folder of the repos. No file is no error.
 * @throws CliError (exit 2) for a named file that is missing, YAML that is none (or a bomb), and wrong values
 */
export function readTaskSettings(named: string | undefined, reposDir: string | undefined): ReadTaskSettings {
  const places = [
    TASK_SETTINGS,
    ...(reposDir === undefined ? [] : [join(expandPath(reposDir), TASK_SETTINGS)]),
  ];
  const found = named ?? places.find((place) => existsSync(expandPath(place)));
  if (found === undefined) return { settings: {}, file: null, warnings: [] };
  const path = expandPath(found);
  const read = readBounded(path);
  // A named settings file that is missing is none: task files have always been run that way.
  if (read.kind === "absent")
    return { settings: {}, file: null, warnings: [`there is no settings file ${path}`] };
  if (read.kind !== "text") throw usageError(`${path}: expected a readable settings file of moderate size`);
  const result = schema.safeParse(parse(path, read.text) ?? {});
  if (!result.success) throw usageError(`${path}: ${z.prettifyError(result.error)}`);
  return {
    settings: result.data,
    file: path,
    warnings: Object.keys(result.data).flatMap((key) => warn(path, key)),
  };
}

function parse(path: string, text: string): unknown {
  try {
    return parseYaml(path, text);
  } catch (error) {
    throw usageError((error as Error).message);
  }
}

function warn(path: string, key: string): string[] {
  if (KNOWN.includes(key)) return [];
  const why = WITHOUT_EFFECT[key];
  return [
    why === undefined
      ? `${path}: unknown key "${key}"${meantHint(key, KNOWN)}`
      : `${path}: "${key}" has no effect: ${why}`,
  ];
}
