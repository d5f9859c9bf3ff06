import * as z from "zod";
import type { Profiles } from "../../domain/taskFile.ts";
import { checkShape, parseYaml } from "../files/parse.ts";
import { readBounded } from "../files/readBounded.ts";
import { PortfolioError } from "../problem.ts";

/** What the portfolio takes from a settings file: `.runforge.yml` of older set-ups, or Drover's own config.json. */
export type Settings = {
  reposDir: string | undefined;
  excludeRepos: string[];
  runners: Profiles;
  defaultRunner: string | undefined;
  defaultFallbacks: string[];
};

/** Whom a task file names as default runner when neither a flag nor the settings do. */
export const DEFAULT_RUNNER = "codex";

const names = z.array(z.string()).nullish();
const scanSchema = z.looseObject({ exclude_repos: names, excludeRepos: names }).nullish();
const profiles = z.record(z.string(), z.looseObject({ type: z.string() })).nullish();

const settingsSchema = z.looseObject({
  repos_dir: z.string().nullish(),
  reposDir: z.string().nullish(),
  scan: scanSchema,
  runners: profiles,
  harnesses: profiles,
  default_runner: z.string().nullish(),
  harnessDefaults: z.looseObject({ default: z.string().nullish() }).nullish(),
  default_fallbacks: names,
  cascade: names,
});

const NONE: Settings = {
  reposDir: undefined,
  excludeRepos: [],
  runners: {},
  defaultRunner: undefined,
  defaultFallbacks: [],
};

/** Reads a settings file (YAML, hence JSON too). A missing file is no error: everything then has its default. */
export function readSettings(path: string): Settings {
  const read = readBounded(path);
  if (read.kind === "absent") return NONE;
  if (read.kind !== "text") throw new PortfolioError("usage", `${path}: expected a readable settings file`);
  const value = checkShape(path, settingsSchema, parseYaml(path, read.text) ?? {});
  return fromRunforge(value) ?? fromDrover(value);
}

type Raw = z.output<typeof settingsSchema>;

/** The older spelling counts as soon as one of its keys is there; the two are never mixed. */
function fromRunforge(value: Raw): Settings | undefined {
  const { repos_dir, runners, default_runner, default_fallbacks, scan } = value;
  const parts = [repos_dir, runners, default_runner, default_fallbacks, scan?.exclude_repos];
  if (parts.every((part) => part === undefined || part === null)) return undefined;
  return {
    reposDir: repos_dir ?? undefined,
    excludeRepos: scan?.exclude_repos ?? [],
    runners: runners ?? {},
    defaultRunner: default_runner ?? undefined,
    defaultFallbacks: default_fallbacks ?? [],
  };
}

function fromDrover({ reposDir, scan, harnesses, harnessDefaults, cascade }: Raw): Settings {
  return {
    reposDir: reposDir ?? undefined,
    excludeRepos: scan?.excludeRepos ?? [],
    runners: harnesses ?? {},
    defaultRunner: harnessDefaults?.default ?? undefined,
    defaultFallbacks: cascade ?? [],
  };
}
