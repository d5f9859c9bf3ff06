import { messageOf } from "../values/errors.ts";
import type { LogSink } from "../values/log.ts";

/**
 * Keeps what a query or mutation leaves behind (a promise that fails and that nobody awaits, a listener that throws) from
 * ending the thread, and the process with it. Errors of the host itself still do.
 */
export function outliveStrays(log: LogSink): void {
  const note = (thrown: unknown) =>
    log({
      kind: "host",
      level: "error",
      text: `Nobody waits for what a function left behind, and it failed: ${textOf(thrown)}`,
    });
  process.on("unhandledRejection", (reason, promise) => {
    // The promises of functions are of a realm of their own, but for those of Node's own classes, as of a body.
    if (promise instanceof Promise && !isNodesOwn(reason)) throw reason;
    note(reason);
  });
  process.on("uncaughtException", (error: unknown) => {
    if (error instanceof Error) throw error;
    note(error);
  });
}

/** True for an error that came about without any code of the host. */
function isNodesOwn(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false;
  const frames = reason.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return frames.length > 0 && frames.every((frame) => /node:|<anonymous>|functions\.js:/.test(frame));
}

/** An error of another realm is no instance of this one's. */
function textOf(thrown: unknown): string {
  const isError = Object.prototype.toString.call(thrown) === "[object Error]";
  return isError ? `${(thrown as Error).name}: ${(thrown as Error).message}` : messageOf(thrown);
}
