import { startRunner } from "../../runner/daemon.ts";
import type { RunnerOptions } from "../../runner/options.ts";
import type { Stoppable } from "./runUntilStopped.ts";

/** Starts the runner inside this process. */
export async function startStoppableRunner(options: RunnerOptions): Promise<Stoppable> {
  const runner = await startRunner(options);
  return {
    ended: runner.stopped,
    drain: () => void runner.drain(),
    kill: () => runner.stop(),
    waitsFor: () => runner.running().join(", "),
  };
}
