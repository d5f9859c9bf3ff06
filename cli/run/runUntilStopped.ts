import { listenForInterrupt } from "../interrupt.ts";
import { EXIT, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";

/** What can be stopped softly (finish what runs) and hard (end it now). */
export interface Stoppable {
  /** Settles when it has ended, for whatever reason. */
  ended: Promise<unknown>;
  /** Takes nothing new and ends when what runs is done. */
  drain(): void;
  /** Ends now. */
  kill(): Promise<void>;
  /** What a drain waits for, as words; empty: nothing. */
  waitsFor(): string;
}

/**
 * Waits until a service ends. The first Ctrl+C drains and says what for, the second one ends it at once.
 * @returns 0 when it ended or was drained, 130 when it was ended at once
 */
export async function runUntilStopped(service: Stoppable): Promise<ExitCode> {
  const interrupt = listenForInterrupt();
  let killed: Promise<void> | null = null;
  interrupt.onAgain = () => {
    say("stopping at once");
    killed ??= service.kill();
  };
  interrupt.signal.addEventListener("abort", () => {
    const waits = service.waitsFor();
    say(
      waits === ""
        ? "stopping"
        : `finishing ${waits}; Ctrl+C again stops at once (the jobs go back to the queue)`,
    );
    service.drain();
  });
  try {
    await service.ended;
    await killed;
    return killed === null ? EXIT.ok : EXIT.interrupted;
  } finally {
    interrupt.release();
  }
}
