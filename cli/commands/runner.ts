import type { Command } from "@commander-js/extra-typings";
import { openBackend } from "../backend/client.ts";
import { ensureNamespaces } from "../backend/ensureNamespaces.ts";
import { commonFlags } from "../commonOptions.ts";
import { loadSettings } from "../config/settings.ts";
import { probedName, probeProfiles } from "../harnesses/profiles.ts";
import { parseDuration, parseWhole } from "../input.ts";
import { CliError, EXIT, usageError } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { type PreparedRunner, prepareRunner } from "../run/runnerOptions.ts";
import { runUntilStopped } from "../run/runUntilStopped.ts";
import { startStoppableRunner } from "../run/runningRunner.ts";

const MAX_SLOTS = 64;

export function register(program: Command): void {
  program
    .command("runner")
    .description(
      "Run a runner alone: it claims jobs of the namespace and drives agents. Ctrl+C lets it finish.",
    )
    .option("--name <name>", "its name; several on one machine need several names (default: the machine's)")
    .option("--slots <n>", "jobs at once (default: slots of the configuration, or 2)")
    .option("--once", "end as soon as nothing runs and nothing fits")
    .option("--idle-exit <time>", "end after this long without work, like 10m")
    .action(async (options, command) => {
      const settings = loadSettings(commonFlags(command));
      const prepared = prepareRunner(settings, {
        name: options.name,
        slots: slotsOf(options.slots),
        once: options.once,
        idleExitMs:
          options.idleExit === undefined ? undefined : parseDuration(options.idleExit, "--idle-exit"),
      });
      // A runner with an admin's key registers what it serves; a runner token may not, and finds it registered.
      if (settings.token === null) await ensureNamespaces(openBackend(settings), settings);
      await announce(prepared);
      process.exitCode = await runUntilStopped(await startStoppableRunner(prepared.options));
    });
}

/** Says what this runner offers and where its log is. @throws CliError when nothing can run here */
export async function announce({ options, log }: PreparedRunner): Promise<void> {
  const probed = await probeProfiles(options.profiles);
  const offered = probed.filter(({ installed }) => installed);
  if (offered.length === 0)
    throw new CliError("no harness can run here: `drover doctor` says why", EXIT.failed);
  say(`runner ${options.name} serves ${Object.keys(options.namespaces).join(", ")} at ${options.url}`);
  say(`offers ${offered.map(probedName).join(", ")}; ${options.slots} at once`);
  say(`log: ${log.file}`);
}

/** The slots of a flag. @throws CliError (exit 2) */
export function slotsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const slots = parseWhole(text, "--slots");
  if (slots >= 1 && slots <= MAX_SLOTS) return slots;
  throw usageError(`--slots must lie between 1 and ${MAX_SLOTS}, got ${slots}`);
}
