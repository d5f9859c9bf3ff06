import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, parseConfig } from "../../domain/config.ts";
import { CliError, EXIT, usageError } from "../output/errors.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { findConfig, projectRoot } from "./findConfig.ts";

/** Where the embedded host answers unless told otherwise; the port of Convex' own local backend. */
export const DEFAULT_URL = "http://127.0.0.1:3210";

/** The queue of those who configured none: the one that `run` uses. */
export const DEFAULT_NAMESPACE = "tasks";
/** What shows that task files are run in a folder. */
const SIGNS_OF_RUNS = [".runforge", ".runforge.yml"];

/** The flags that every command takes. */
export interface CommonFlags {
  json?: boolean | undefined;
  config?: string | undefined;
  url?: string | undefined;
  namespace?: string | undefined;
  token?: string | undefined;
}

/** What holds for one call of the CLI: flags beat the environment, the environment beats the file. */
export interface Settings {
  /** The configuration file, or null when none was found. */
  file: string | null;
  /** What relative paths of the file refer to: the folder of the repo. */
  root: string;
  config: Config;
  url: string;
  namespace: string | null;
  token: string | null;
  /** Named by the environment inside a job. */
  assignment: string | null;
  job: string | null;
  /** This runs inside the attempt of a job: an agent, which must not sign for itself. */
  insideAttempt: boolean;
}

/**
 * Finds, reads and merges the configuration.
 * @throws CliError (exit 2) when a named file is missing or a file is not valid
 */
export function loadSettings(flags: CommonFlags, env = process.env, cwd = process.cwd()): Settings {
  const given = readEnvironment(env);
  const file = chooseFile(flags.config ?? given.config, cwd);
  const config = withEnvironment(file === null ? {} : readConfig(file), given);
  return {
    file,
    root: file === null ? cwd : projectRoot(file),
    config,
    url: checkedUrl(first(flags.url, given.url, config.convexUrl) ?? DEFAULT_URL),
    namespace: first(flags.namespace, given.namespace, config.namespace),
    token: first(flags.token, given.token),
    assignment: first(given.assignment),
    job: first(given.job),
    insideAttempt: given.attempt !== undefined,
  };
}

function first(...values: (string | undefined)[]): string | null {
  return values.find((value) => value !== undefined) ?? null;
}

function checkedUrl(url: string): string {
  if (/^https?:\/\/[^/\s]+/.test(url)) return url.replace(/\/+$/, "");
  throw usageError(`the backend's address must be an http(s) URL, got "${url}"`);
}

/** The namespace of a command that needs one: without a configuration that of the runs which were started here. */
export function requireNamespace({ namespace, file, root }: Settings): string {
  if (namespace !== null) return namespace;
  if (file === null && SIGNS_OF_RUNS.some((name) => existsSync(join(root, name)))) return DEFAULT_NAMESPACE;
  throw usageError(
    file === null
      ? "no configuration found here or above: run `drover init` in your repo, or give --namespace NAME"
      : `${file} names no "namespace": add one, or give --namespace NAME`,
  );
}

function chooseFile(named: string | undefined, cwd: string): string | null {
  if (named === undefined) return findConfig(cwd);
  const file = resolve(cwd, named);
  if (!existsSync(file))
    throw usageError(`no configuration file at ${file}: check --config, or run \`drover init\``);
  return file;
}

/** Reads one file; used by `doctor` too, which wants the problems. */
export function readConfig(file: string): Config {
  const parsed = parseConfig(readText(file));
  if (parsed.ok) return parsed.config;
  throw usageError(
    `${file} is not a valid configuration:\n${parsed.problems.map((p) => `  ${p}`).join("\n")}`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${(error as Error).message}`, EXIT.usage);
  }
}

function withEnvironment(config: Config, { timeoutMs, slots }: Environment): Config {
  return {
    ...config,
    ...(timeoutMs === undefined ? {} : { timeoutMs: wholeNumber("DROVER_TIMEOUT_MS", timeoutMs, 1000) }),
    ...(slots === undefined ? {} : { slots: wholeNumber("DROVER_SLOTS", slots, 1) }),
  };
}

/** A whole number of a flag or variable. @throws CliError (exit 2) */
export function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= min && Number.isSafeInteger(value)) return value;
  throw usageError(`${name} must be a whole number of at least ${min}, got "${text}"`);
}
