import type { Interrupt } from "../interrupt.ts";
import type { StopReason } from "../../runner/stopping.ts";
import { EXIT, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";

/** What can be stopped softly (finish what runs) and hard (end it now). */
export interface Stoppable {
  /** Settles with the reason when it has ended. */
  ended: Promise<StopReason>;
  /** Takes nothing new and ends when what runs is done. */
  drain(): void;
  /** Ends now. */
  kill(): Promise<void>;
  /** What a drain waits for, as words; empty: nothing. */
  waitsFor(): Promise<string>;
}

/**
 * Waits until a service ends. The first Ctrl+C drains and says what for, the second one ends it at once.
 * @param interrupt listened for since before the start: a Ctrl+C during the start counts as well
 * @returns 0 when it ended or was drained, 130 when it was ended at once, 6 when the backend refuses it
 */
export async function runUntilStopped(starting: Promise<Stoppable>, interrupt: Interrupt): Promise<ExitCode> {
  const service = await Promise.race([starting, aborted(interrupt.signal)]);
  if (service === null) return abandon(starting);
  interrupt.onAgain = () => {
    say("stopping at once");
    void service.kill();
  };
  const drain = () => {
    void service.waitsFor().then((waits) => {
      const again = "Ctrl+C again stops at once (the jobs go back to the queue)";
      say(waits === "" ? "stopping" : `finishing ${waits}; ${again}`);
    });
    service.drain();
  };
  if (interrupt.signal.aborted) drain();
  else interrupt.signal.addEventListener("abort", drain, { once: true });
  const reason = await service.ended;
  if (reason === "refused") return EXIT.notAllowed;
  return reason === "killed" ? EXIT.interrupted : EXIT.ok;
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}

/** It may start for long (a runner waits for its backend), so nobody waits for it: the process ends. */
function abandon(starting: Promise<Stoppable>): ExitCode {
  say("stopping");
  starting.catch(() => undefined);
  return EXIT.interrupted;
}
