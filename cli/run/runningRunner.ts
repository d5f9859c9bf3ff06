import { api } from "../../convex/_generated/api.js";
import { startRunner, type RunnerHandle } from "../../runner/daemon.ts";
import type { RunnerOptions } from "../../runner/options.ts";
import { openBackend } from "../backend/client.ts";
import { CliError, EXIT } from "../output/errors.ts";
import type { Stoppable } from "./runUntilStopped.ts";

/** Asking what still runs must not hold up the end, ms. */
const ASK_TIMEOUT_MS = 2000;

/** Starts the runner inside this process. @throws CliError when its name is taken or the backend refuses it */
export async function startStoppableRunner(
  options: RunnerOptions,
): Promise<Stoppable & Pick<RunnerHandle, "reload">> {
  const handle = await startRunner(options).catch((error: unknown) => {
    throw new CliError(`the runner did not start: ${(error as Error).message}`, EXIT.failed);
  });
  return {
    ended: handle.stopped,
    drain: () => void handle.drain(),
    kill: () => handle.kill(),
    reload: (change) => handle.reload(change),
    waitsFor: () => runningJobs(options).catch(() => "what runs"),
  };
}

async function runningJobs({ url, token, namespaces }: RunnerOptions): Promise<string> {
  const backend = openBackend({ url, token: await token() }, ASK_TIMEOUT_MS);
  const running = await Promise.all(
    Object.keys(namespaces).map((namespace) =>
      backend.query(api.jobs.list, { namespace, status: "running" }),
    ),
  );
  // Jobs of other runners are among them; a list that is too long is better than none.
  const handles = running
    .flat()
    .filter((job) => !job.manual)
    .map((job) => `${job.handle} (${job.type})`);
  return handles.join(", ");
}
