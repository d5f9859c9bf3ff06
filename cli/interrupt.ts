/** Ctrl+C and the polite signals as one AbortSignal. */
export interface Interrupt {
  signal: AbortSignal;
  /** How often it came: a second Ctrl+C means "now". */
  readonly count: number;
  /** Called at every signal after the first. */
  onAgain: (() => void) | null;
  /** Aborts at the next signal from now on, whatever came before: for work that is done after an interrupt, too. */
  next(): AbortSignal;
  /** As if the first signal had come; nothing where one has. */
  raise: () => void;
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
  let waiting: AbortController[] = [];
  const onSignal = () => {
    count++;
    const due = waiting;
    waiting = [];
    due.forEach((one) => one.abort());
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
    next() {
      const one = new AbortController();
      waiting.push(one);
      return one.signal;
    },
    raise: () => (count === 0 ? onSignal() : undefined),
    release: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
  return interrupt;
}
