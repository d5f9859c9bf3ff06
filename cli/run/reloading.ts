import type { RunnerHandle } from "../../runner/daemon.ts";
import type { LogEntry, Reloadable } from "../../runner/options.ts";

/** Signals that end a runner: without a terminal that could hang up, SIGHUP means something else to a service. */
export function endingSignals(): readonly NodeJS.Signals[] {
  return process.stdin.isTTY ? ["SIGINT", "SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM"];
}

interface Reloading {
  starting: Promise<Pick<RunnerHandle, "reload">>;
  /** Reads the configuration anew. Throws when it is not valid. */
  read: () => Promise<Reloadable>;
  log: (entry: LogEntry) => void;
}

/**
 * From now on SIGHUP makes the runner read its configuration again (not on a terminal, where it ends the runner). One
 * that is not valid changes nothing, and the log says why. Gives the function that stops listening.
 */
export function reloadOnHangup({ starting, read, log }: Reloading): () => void {
  // One after the other: two readings at once could leave the older one in force.
  let last: Promise<unknown> = Promise.resolve();
  const reload = async () => {
    await (await starting).reload(await read());
    log({ level: "info", event: "runner:reloaded" });
  };
  const onHangup = () => {
    last = last.then(reload).catch((error: unknown) => {
      log({ level: "error", event: "runner:notReloaded", detail: (error as Error).message });
    });
  };
  if (endingSignals().includes("SIGHUP")) return () => undefined;
  process.on("SIGHUP", onHangup);
  return () => void process.off("SIGHUP", onHangup);
}
