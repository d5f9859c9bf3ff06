/**
 * A runner of the chaos run, as a process: settings as JSON in the first argument, its log on stderr. Pauses between
 * tries are short, and SIGUSR2 steps its wall clock by what stands in the file `clock` of its home.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../runner/clock.ts";
import { startRunner } from "../../runner/daemon.ts";
import { runnerOptions, type RunnerSettings } from "../support/runnerOptions.ts";

/** Pauses (30 s before a second try, say) are divided by this: the run is bounded. */
const HASTE = 30;
const GRACE_AFTER_RESULT_MS = 1000;

const { templates, ...settings } = JSON.parse(process.argv[2] ?? "{}") as RunnerSettings & {
  templates: string;
};
let skewMs = 0;
process.on("SIGUSR2", () => (skewMs += Number(readFileSync(join(settings.home, "clock"), "utf8"))));

const options = runnerOptions(settings, (entry) => void process.stderr.write(`${JSON.stringify(entry)}\n`));
const runner = await startRunner({
  ...options,
  namespaces: { [settings.namespace]: { repos: {}, defaultPath: settings.checkout, templates } },
  limits: { graceAfterResultMs: GRACE_AFTER_RESULT_MS },
  clock: {
    ...systemClock,
    now: () => systemClock.now() + skewMs,
    sleep: (ms, signal) => systemClock.sleep(ms / HASTE, signal),
  },
});
process.once("SIGTERM", () => void runner.drain());
process.once("SIGINT", () => void runner.kill());
await runner.stopped;
process.exit(0);
