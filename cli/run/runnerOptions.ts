import { hostname } from "node:os";
import type { NamespaceOptions, Reloadable, RunnerOptions } from "../../runner/options.ts";
import type { Config } from "../../domain/config.ts";
import type { RunnerLimits } from "../../runner/limits.ts";
import { readVersion } from "../commands/version.ts";
import { repoPaths } from "../config/repoPaths.ts";
import { requireNamespace, type Settings } from "../config/settings.ts";
import { profilesOf } from "../harnesses/profiles.ts";
import { droverHome, ensureHome } from "../keys/home.ts";
import { cliCommand } from "./cliCommand.ts";
import { badRunnerName } from "../../runner/state/folders.ts";
import { usageError } from "../output/errors.ts";
import { openRunnerLog, type RunnerLog } from "./runnerLog.ts";
import { runnerTokens } from "./tokens.ts";

/** Jobs at once where nothing else is said: one agent per repo is the common case, another repo can go beside it. */
const DEFAULT_SLOTS = 2;
const DEFAULT_POOL = "default";

export interface RunnerFlags {
  name?: string | undefined;
  slots?: number | undefined;
  once?: boolean | undefined;
  idleExitMs?: number | undefined;
}

export interface PreparedRunner {
  options: RunnerOptions;
  log: RunnerLog;
}

/** Everything that a runner is told, from the configuration and the flags of its command. */
export function prepareRunner(settings: Settings, flags: RunnerFlags): PreparedRunner {
  const { url } = settings;
  requireNamespace(settings);
  const home = ensureHome(droverHome());
  const name = runnerName(flags.name);
  const log = openRunnerLog(home, name);
  const offer = runnerOffer(settings, flags);
  const options: RunnerOptions = {
    ...offer,
    url,
    name,
    host: hostname(),
    version: readVersion().version,
    home,
    ...runnerTokens(settings, Object.keys(offer.namespaces)),
    cli: { command: cliCommand() },
    log: log.write,
    ...(flags.once === true ? { once: true } : {}),
    ...(flags.idleExitMs === undefined ? {} : { idleExitMs: flags.idleExitMs }),
  };
  return { options, log };
}

/** The part of it that a runner which runs already takes over at a reload. */
export function runnerOffer(settings: Settings, flags: RunnerFlags): Reloadable {
  const { config } = settings;
  return {
    namespaces: Object.fromEntries(
      [...repoPaths(settings)].map(([namespace, repos]) => [namespace, namespaceOptions(settings, repos)]),
    ),
    profiles: profilesOf(config),
    slots: flags.slots ?? config.slots ?? DEFAULT_SLOTS,
    pools: config.pools ?? [DEFAULT_POOL],
    limits: limitsOf(config),
  };
}

function namespaceOptions({ root }: Settings, repos: Record<string, string>): NamespaceOptions {
  return { repos, defaultPath: Object.values(repos)[0] ?? root };
}

const MIB = 1024 * 1024;

/** The limits of a runner that a configuration sets. */
export function limitsOf({ runnerLimits = {} }: Config): Partial<RunnerLimits> {
  const { freeDiskMb, freeMemoryMb, outputMb, jobsPerNamespace, jobsPerRepo } = runnerLimits;
  return {
    ...(jobsPerNamespace === undefined ? {} : { jobsPerNamespace }),
    ...(jobsPerRepo === undefined ? {} : { jobsPerRepo }),
    ...(freeDiskMb === undefined ? {} : { freeDiskBytes: freeDiskMb * MIB }),
    ...(freeMemoryMb === undefined ? {} : { freeMemoryBytes: freeMemoryMb * MIB }),
    ...(outputMb === undefined ? {} : { outputBytes: outputMb * MIB }),
  };
}

/**
 * The name that was given, else the machine's. Checked before it becomes part of a path.
 * @throws CliError (exit 2)
 */
export function runnerName(given: string | undefined): string {
  const bad = given === undefined ? undefined : badRunnerName(given);
  if (bad !== undefined) throw usageError(bad);
  return given ?? defaultRunnerName();
}

/** The machine's name, made fit for a folder and a handle. */
function defaultRunnerName(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return name === "" ? "runner" : name.slice(0, 64);
}
