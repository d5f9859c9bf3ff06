import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { commonFlags } from "../commonOptions.ts";
import { loadSettings } from "../config/settings.ts";
import { parseDuration } from "../input.ts";
import { ensureHome, HOME_MODE } from "../keys/home.ts";
import { color } from "../output/color.ts";
import { CliError, EXIT, type ExitCode } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { table } from "../output/table.ts";
import { cliCommand } from "../run/cliCommand.ts";
import { runnerName } from "../run/runnerOptions.ts";
import { lastLines, registerLogs } from "./logs.ts";
import { localRunner, localRunners, untilGone, untilRunning, type LocalRunner } from "./local.ts";

/** How long a start may take until the runner holds its lock, ms. */
const START_MS = 30_000;
/** How long a runner that is told to end at once may take, ms: TERM, 5 s, KILL, and the farewell. */
const KILL_MS = 20_000;

/** `runner start | stop | status | drain | reload | logs`. */
export function registerLife(runner: Command): void {
  registerStart(runner);
  registerStop(runner);
  registerStatus(runner);
  registerDrain(runner);
  registerReload(runner);
  registerLogs(runner);
}

function registerStart(runner: Command): void {
  runner
    .command("start")
    .description("Start a runner behind the terminal; it goes on when the terminal is closed.")
    .option("--name <name>", "its name (default: the machine's)")
    .option("--slots <n>", "jobs at once")
    .action(async ({ name: given, slots }, command) => {
      const flags = commonFlags(command);
      const name = runnerName(given);
      const before = await localRunner(name);
      if (before.pid !== null)
        throw new CliError(`runner ${name} runs already, as process ${before.pid}`, EXIT.usage);
      ensureHome();
      mkdirSync(dirname(before.log), { recursive: true, mode: HOME_MODE });
      const common = { "--config": flags.config, "--url": flags.url, "--namespace": flags.namespace };
      const options = Object.entries({ "--name": name, "--slots": slots, ...common }).flatMap(
        ([flag, value]) => (value === undefined ? [] : [flag, value]),
      );
      const out = openSync(`${before.log}.out`, "w", 0o600);
      const [program = "", ...args] = [...cliCommand(), "runner", "run", ...options];
      // A token does not go onto the command line, where everybody can read it.
      const env = { ...process.env, ...(flags.token === undefined ? {} : { DROVER_TOKEN: flags.token }) };
      const child = spawn(program, args, { detached: true, stdio: ["ignore", out, out], env });
      closeSync(out);
      const gone = new Promise<boolean>((resolve) => child.once("exit", () => resolve(false)));
      if (!(await Promise.race([untilRunning(name, true, START_MS), gone])))
        throw new CliError(
          `runner ${name} did not start: ${lastLines(`${before.log}.out`, 5)}`,
          startFailure(child.exitCode),
        );
      child.unref();
      const started = await localRunner(name);
      printData(started, (one) => `runner ${name} runs as process ${one.pid}; log: ${one.log}`, flags);
    });
}

/** What the runner itself ended with, so that a wrong flag is no failure of the start. */
function startFailure(code: number | null): ExitCode {
  return Object.values(EXIT).find((known) => known === code && known !== EXIT.ok) ?? EXIT.failed;
}

function registerStop(runner: Command): void {
  runner
    .command("stop")
    .description("Stop a runner of this machine: it finishes what runs, and is ended after --wait.")
    .option("--name <name>", "its name (default: the machine's)")
    .option("--wait <time>", "how long what runs may take", "10m")
    .option("--now", "end what runs at once; its jobs go back to the queue")
    .action(async ({ name: given, wait, now }, command) => {
      const flags = commonFlags(command);
      const name = runnerName(given);
      const patience = parseDuration(wait, "--wait");
      const { pid } = await localRunner(name);
      if (pid !== null) {
        process.kill(pid, "SIGTERM");
        if (now !== true) say(`runner ${name} finishes what runs (at most ${wait})`);
        if (now === true || !(await untilRunning(name, false, patience))) await endNow(name, pid);
        await untilGone(pid, KILL_MS);
      }
      const ran = pid !== null;
      const text = ran ? `runner ${name} is stopped` : `runner ${name} did not run here`;
      printData({ name, stopped: true, ran }, () => text, flags);
    });
}

/** The second signal means "now". */
async function endNow(name: string, pid: number): Promise<void> {
  if (await untilRunning(name, false, 200)) return;
  process.kill(pid, "SIGTERM");
  if (await untilRunning(name, false, KILL_MS)) return;
  throw new CliError(`runner ${name} (process ${pid}) does not end: look at its log`, EXIT.failed);
}

function registerStatus(runner: Command): void {
  runner
    .command("status")
    .description("The runners of this machine, and what the backend knows of all.")
    .action(async (_options, command) => {
      const flags = commonFlags(command);
      const local = await localRunners();
      const fleet = await fleetOf(command);
      printData({ local, fleet }, (status) => renderStatus(status), flags);
    });
}

type Fleet = (typeof api.runners.list)["_returnType"];

/** null where no backend answers: the local half is worth showing alone. */
async function fleetOf(command: { opts(): unknown }): Promise<Fleet | null> {
  try {
    const { backend, namespace } = openSession(command);
    return await backend.query(api.runners.list, { namespace });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    say(error.message);
    return null;
  }
}

function renderStatus({ local, fleet }: { local: LocalRunner[]; fleet: Fleet | null }): string {
  const here = local.map(({ name, pid, since }) => [
    name,
    pid === null ? color.dim("stopped") : color.green("running"),
    pid === null ? "" : `process ${pid} since ${since ?? "?"}`,
  ]);
  const all = (fleet ?? []).map(({ name, host, pools, session }) => [
    name,
    session === null ? color.dim("away") : session.draining ? color.yellow("draining") : color.green("live"),
    `on ${host}, pools ${pools.join(", ")}${session === null ? "" : `, ${session.slots} slots: ${session.profiles.join(", ")}`}`,
  ]);
  const part = (title: string, rows: string[][]) =>
    `${color.bold(title)}\n${rows.length === 0 ? color.dim("none") : table(rows)}`;
  return [part("This machine", here), ...(fleet === null ? [] : [part("Serving this namespace", all)])].join(
    "\n\n",
  );
}

function registerReload(runner: Command): void {
  runner
    .command("reload")
    .description("Make a runner of this machine read its configuration again; what runs goes on.")
    .option("--name <name>", "its name (default: the machine's)")
    .action(async ({ name: given }, command) => {
      const flags = commonFlags(command);
      const name = runnerName(given);
      loadSettings(flags);
      const { pid, log } = await localRunner(name);
      if (pid === null) throw new CliError(`runner ${name} does not run here`, EXIT.usage);
      process.kill(pid, "SIGHUP");
      printData({ name, reloading: true }, () => `runner ${name} reads its configuration; see ${log}`, flags);
    });
}

function registerDrain(runner: Command): void {
  runner
    .command("drain <runner>")
    .description("Tell a runner, wherever it is, to claim nothing more and to end when it is done.")
    .action(async (name, _options, command) => {
      const { backend, namespace, flags } = openSession(command);
      await backend.mutation(api.runners.drain, { namespace, runner: name });
      printData({ runner: name, draining: true }, () => `runner ${name} finishes what it has`, flags);
    });
}
