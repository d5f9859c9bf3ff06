import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openBackend } from "../backend/client.ts";
import { ensureNamespaces } from "../backend/ensureNamespaces.ts";
import { commonFlags } from "../commonOptions.ts";
import { type CommonFlags, loadSettings, requireNamespace, type Settings } from "../config/settings.ts";
import { type Interrupt, withInterrupt } from "../interrupt.ts";
import { droverHome } from "../keys/home.ts";
import { CliError, EXIT, type ExitCode } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { DEFAULT_PORT, type EmbeddedHost, startEmbeddedHost } from "../run/embeddedHost.ts";
import { prepareRunner, type RunnerFlags } from "../run/runnerOptions.ts";
import { runUntilStopped } from "../run/runUntilStopped.ts";
import { startStoppableRunner } from "../run/runningRunner.ts";
import { portOf } from "./host.ts";
import { announce, slotsOf } from "./runner.ts";

/** A backend that is there answers at once, ms. */
const PROBE_TIMEOUT_MS = 3000;

export function register(program: Command): void {
  program
    .command("up")
    .description(
      "Start a backend and a runner on this machine, in one process. Ctrl+C lets running jobs finish.",
    )
    .option("--port <n>", "port of the backend (default: that of the configuration, or 3210)")
    .option("--name <name>", "name of the runner (default: the machine's)")
    .option("--slots <n>", "jobs at once (default: slots of the configuration, or 2)")
    .action(async (options, command) => {
      const flags = commonFlags(command);
      const slots = slotsOf(options.slots);
      const found = loadSettings(flags);
      const settings =
        options.port === undefined ? found : { ...found, url: `http://127.0.0.1:${portOf(options.port)}` };
      requireNamespace(settings);
      const wishes = { name: options.name, slots };
      process.exitCode = await withInterrupt((interrupt) => up({ settings, flags, wishes, interrupt }));
    });
}

interface Order {
  settings: Settings;
  flags: CommonFlags;
  wishes: RunnerFlags;
  interrupt: Interrupt;
}

async function up({ settings, flags, wishes, interrupt }: Order): Promise<ExitCode> {
  const host = (await answers(settings)) ? null : await start(settings);
  try {
    const here = { ...settings, url: host?.url ?? settings.url };
    const prepared = prepareRunner(here, wishes);
    await ensureNamespaces(openBackend(here), here);
    const offer = await announce(prepared, here);
    const place = {
      url: here.url,
      namespace: here.namespace,
      host: host === null ? "already running" : "started",
      log: prepared.log.file,
    };
    const starting = startStoppableRunner(offer);
    // Only when it stands: an error leaves stdout empty.
    const announced = starting.then(
      () => printData(place, (p) => `up: namespace ${p.namespace} at ${p.url} (host ${p.host})`, flags),
      () => undefined,
    );
    const code = await runUntilStopped(starting, interrupt);
    await announced;
    return code;
  } finally {
    await host?.stop();
  }
}

/** True when a backend that takes our token answers there. @throws CliError when one answers that does not */
async function answers(settings: Settings): Promise<boolean> {
  try {
    await openBackend(settings, PROBE_TIMEOUT_MS).query(api.namespaces.list, {});
    say(`a backend answers already at ${settings.url}: starting a runner only`);
    return true;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.unreachable) return false;
    throw error;
  }
}

async function start({ url }: Settings): Promise<EmbeddedHost> {
  const { hostname, port, protocol } = new URL(url);
  const local = protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  if (!local) {
    throw new CliError(
      `no backend at ${url}, and it is not this machine's address: start it there, or correct convexUrl`,
      EXIT.unreachable,
    );
  }
  return startEmbeddedHost(port === "" ? DEFAULT_PORT : Number(port), droverHome());
}
