import { hostname } from "node:os";
import { join } from "node:path";
import { harnessFor } from "../../runner/harness/index.ts";
import { findProgram } from "../../runner/process/findProgram.ts";
import { type RunnerHandle, startRunner } from "../../runner/daemon.ts";
import type { RunnerOptions } from "../../runner/options.ts";
import { errorData } from "../backend/failure.ts";
import { readVersion } from "../commands/version.ts";
import type { Settings } from "../config/settings.ts";
import { droverHome, ensureHome } from "../keys/home.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { cliCommand } from "../run/cliCommand.ts";
import { debug } from "../output/debug.ts";
import { openLogFile } from "../run/logFile.ts";
import { logLine } from "../run/runnerLog.ts";
import { runnerTokens } from "../run/tokens.ts";
import type { RunOrder } from "./order.ts";

/** Runs of one machine that may go on side by side. */
const MAX_RUNS = 16;

/** The profiles of an order that cannot start here, each with the reason. No program is asked for anything. */
export function lackingProfiles({ profiles }: RunOrder): Map<string, string> {
  const lacking = new Map<string, string>();
  for (const profile of profiles) {
    const program = profile.command?.[0] ?? harnessFor(profile).program;
    if (program === null) continue;
    const found = findProgram(program, {
      cwd: process.cwd(),
      path: profile.env?.["PATH"] ?? process.env.PATH,
    });
    if (!found) lacking.set(profile.name, `the program "${program}" is not installed or not executable here`);
  }
  return lacking;
}

/** Starts a runner that serves the jobs of one run alone: nobody else looks into its pool. */
export async function startOwnRunner(
  settings: Settings,
  order: RunOrder,
  { pool, signal }: { pool: string; signal: AbortSignal },
): Promise<RunnerHandle> {
  let last: Error | undefined;
  for (let i = 1; i <= MAX_RUNS; i += 1) {
    try {
      const starting = startRunner(optionsOf(settings, order, { pool, name: `run-${i}` }));
      return await orInterrupted(starting, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      last = error as Error;
      // Another run of this machine has the name: its folder, and what it adopts, are its own.
      if (!/already running|another runner starts/.test(last.message)) break;
    }
  }
  throw new CliError(
    `the runner did not start: ${errorData(last)?.message ?? last?.message ?? "no name is free"}`,
    EXIT.failed,
  );
}

/** A runner waits for its backend for ever, and Ctrl+C must not: a runner that comes later is stopped. */
function orInterrupted(starting: Promise<RunnerHandle>, signal: AbortSignal): Promise<RunnerHandle> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      starting.then((late) => late.kill()).catch(() => undefined);
      reject(new CliError("interrupted before its runner had started", EXIT.interrupted));
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    starting.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

function optionsOf(
  settings: Settings,
  order: RunOrder,
  { pool, name }: { pool: string; name: string },
): RunnerOptions {
  const home = ensureHome(droverHome());
  const logger = openLogFile(join(home, "runners", name, "runner.log"));
  return {
    url: settings.url,
    name,
    host: hostname(),
    version: readVersion().version,
    home,
    namespaces: { [order.namespace]: { repos: order.repos, defaultPath: order.reposDir } },
    profiles: order.profiles,
    slots: order.workers,
    pools: [pool],
    ...runnerTokens(settings, [order.namespace]),
    cli: { command: cliCommand() },
    log({ level, ...entry }) {
      logger[level](entry);
      debug(() => logLine({ level, ...entry }));
    },
  };
}
