/** A runner as a process: settings as JSON in the first argument, its log on stderr, one line on stdout when ready. */
import { startRunner } from "../../runner/daemon.ts";
import { runnerOptions, type RunnerSettings } from "./runnerOptions.ts";

const settings = JSON.parse(process.argv[2] ?? "{}") as RunnerSettings;
const runner = await startRunner(
  runnerOptions(settings, (entry) => void process.stderr.write(`${JSON.stringify(entry)}\n`)),
);
process.once("SIGTERM", () => void runner.drain());
process.once("SIGINT", () => void runner.kill());
process.stdout.write(`${JSON.stringify({ session: runner.session })}\n`);
await runner.stopped;
