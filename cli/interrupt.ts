/** Ctrl+C and the polite signals as one AbortSignal. */
export interface Interrupt {
  signal: AbortSignal;
  /** How often it came: a second Ctrl+C means "now". */
  readonly count: number;
  /** Called at every signal after the first. */
  onAgain: (() => void) | null;
  /** Gives the signals back to Node. */
  release(): void;
}

/** Does work that wants to know of Ctrl+C, from its first line to its last. */
export async function withInterrupt<T>(
  work: (interrupt: Interrupt) => Promise<T>,
  signals?: readonly NodeJS.Signals[],
): Promise<T> {
  const interrupt = listenForInterrupt(signals);
  try {
    return await work(interrupt);
  } finally {
    interrupt.release();
  }
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Listens for SIGINT, SIGTERM and SIGHUP, or the signals given, until released. */
export function listenForInterrupt(signals = SIGNALS): Interrupt {
  const controller = new AbortController();
  let count = 0;
  const onSignal = () => {
    count++;
    if (count === 1) controller.abort();
    else interrupt.onAgain?.();
  };
  for (const name of signals) process.on(name, onSignal);
  const interrupt: Interrupt = {
    signal: controller.signal,
    get count() {
      return count;
    },
    onAgain: null,
    release: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
  return interrupt;
}
