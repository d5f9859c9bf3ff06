import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import type { Profile } from "../../runner/harness/port.ts";
import type { Reloadable, RunnerOptions } from "../../runner/options.ts";
import { openBackend } from "../backend/client.ts";
import { ensureNamespaces } from "../backend/ensureNamespaces.ts";
import { commonFlags } from "../commonOptions.ts";
import { loadSettings, type CommonFlags, type Settings } from "../config/settings.ts";
import type { Finding } from "../doctor/finding.ts";
import { checkRepos } from "../doctor/repo.ts";
import { probedName, probeProfiles, wantedProfiles } from "../harnesses/profiles.ts";
import { parseDuration, parseWhole } from "../input.ts";
import { withInterrupt } from "../interrupt.ts";
import { CliError, EXIT, usageError, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { type PreparedRunner, prepareRunner, runnerOffer, type RunnerFlags } from "../run/runnerOptions.ts";
import { endingSignals, reloadOnHangup } from "../run/reloading.ts";
import { registerInstall } from "../runnerLife/install.ts";
import { registerLife } from "../runnerLife/life.ts";
import { runUntilStopped } from "../run/runUntilStopped.ts";
import { startStoppableRunner } from "../run/runningRunner.ts";

const MAX_SLOTS = 64;

export function register(program: Command): void {
  const runner = program
    .command("runner")
    .description("Run a runner, in the foreground or behind the terminal, and look after it.");
  registerLife(runner);
  registerInstall(runner);
  runner
    .command("run", { isDefault: true })
    .description(
      "Run a runner alone: it claims jobs of the namespace and drives agents. Ctrl+C lets it finish.",
    )
    .option("--name <name>", "its name; several on one machine need several names (default: the machine's)")
    .option("--slots <n>", "jobs at once (default: slots of the configuration, or 2)")
    .option("--once", "end as soon as nothing runs and nothing fits")
    .option("--idle-exit <time>", "end after this long without work, like 10m")
    .action(async (options, command) => {
      process.exitCode = await runRunner(commonFlags(command), {
        name: options.name,
        slots: slotsOf(options.slots),
        once: options.once,
        idleExitMs:
          options.idleExit === undefined ? undefined : parseDuration(options.idleExit, "--idle-exit"),
      });
    });
}

function runRunner(flags: CommonFlags, wishes: RunnerFlags): Promise<ExitCode> {
  const settings = loadSettings(flags);
  const prepared = prepareRunner(settings, wishes);
  return withInterrupt(async (interrupt) => {
    await checkIn(settings);
    const starting = startStoppableRunner(await announce(prepared, settings));
    const release = reloadOnHangup({
      starting,
      read: () => readAgain(flags, wishes),
      log: prepared.log.write,
    });
    return runUntilStopped(starting, interrupt).finally(release);
  }, endingSignals());
}

async function readAgain(flags: CommonFlags, wishes: RunnerFlags): Promise<Reloadable> {
  const settings = loadSettings(flags);
  await checkIn(settings);
  const offer = runnerOffer(settings, wishes);
  return { ...offer, profiles: await worthOffering(offer.profiles, settings) };
}

/** Without the kinds that nobody asked for and that are not here. */
async function worthOffering(profiles: Profile[], settings: Settings): Promise<Profile[]> {
  const wanted = wantedProfiles(settings.config);
  const probed = await probeProfiles(profiles);
  return probed
    .filter(({ profile, installed }) => installed || wanted.has(profile.name))
    .map(({ profile }) => profile);
}

/** Fails at once where no backend answers. With the machine's own key it registers what it serves, too. */
async function checkIn(settings: Settings): Promise<void> {
  const backend = openBackend(settings);
  // A runner's token may not register namespaces; those that it serves were registered by an admin.
  if (settings.token === null) await ensureNamespaces(backend, settings);
  else await backend.query(api.namespaces.list, {});
}

/**
 * Says what this runner offers and where its log is, and gives the options without the kinds that nobody asked for
 * and that are not here. @throws CliError when nothing can run here
 */
export async function announce({ options, log }: PreparedRunner, settings: Settings): Promise<RunnerOptions> {
  const probed = await probeProfiles(options.profiles);
  const offered = probed.filter(({ installed }) => installed);
  if (offered.length === 0)
    throw new CliError("no harness can run here: `drover doctor` says why", EXIT.failed);
  say(`runner ${options.name} serves ${Object.keys(options.namespaces).join(", ")} at ${options.url}`);
  say(`offers ${offered.map(probedName).join(", ")}; ${options.slots} at once`);
  say(`log: ${log.file}`);
  sayMissingRepos(settings);
  const wanted = wantedProfiles(settings.config);
  const kept = probed.filter(({ profile, installed }) => installed || wanted.has(profile.name));
  return { ...options, profiles: kept.map(({ profile }) => profile) };
}

/** A job of a repo that is not here fails, so that is said at the start. @throws CliError when none is here */
function sayMissingRepos(settings: Settings): void {
  const repos = checkRepos(settings);
  const missing = repos.filter(({ level }) => level === "fail").map(describeFinding);
  if (missing.length > 0 && missing.length === repos.length) throw usageError(missing.join("\n"));
  for (const line of missing) say(line);
}

function describeFinding({ name, detail, fix }: Finding): string {
  return `${name}: ${detail}${fix === undefined ? "" : `: ${fix}`}`;
}

/** The slots of a flag. @throws CliError (exit 2) */
export function slotsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const slots = parseWhole(text, "--slots");
  if (slots >= 1 && slots <= MAX_SLOTS) return slots;
  throw usageError(`--slots must lie between 1 and ${MAX_SLOTS}, got ${slots}`);
}
