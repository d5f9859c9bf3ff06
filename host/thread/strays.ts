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
    // The promises of functions are of a realm of their own.
    if (promise instanceof Promise) throw reason;
    note(reason);
  });
  process.on("uncaughtException", (error: unknown) => {
    if (error instanceof Error) throw error;
    note(error);
  });
}

/** An error of another realm is no instance of this one's. */
function textOf(thrown: unknown): string {
  const isError = Object.prototype.toString.call(thrown) === "[object Error]";
  return isError ? `${(thrown as Error).name}: ${(thrown as Error).message}` : messageOf(thrown);
}
