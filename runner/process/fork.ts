/** Starts programs in threads, a few at a time: what waits for its turn waits here, where it can be taken back. */
import { ForkThread, type Forked, type ForkOrder } from "./forkThread.ts";

/** Threads at most: they wait for others more than they work, and each takes some megabytes. */
const MOST_THREADS = 2;
/** Orders of one thread at once: one that it carries out, and one so that it need not wait. */
const ORDERS = 2;

/** `refused`: `mayStart` said no, and nothing was started. */
export type ForkResult = Exclude<Forked, { kind: "late" }> | { kind: "refused" };

interface Turn {
  order: ForkOrder;
  mayStart: () => boolean;
  answer: (result: ForkResult) => void;
}

let threads: ForkThread[] = [];
const line: Turn[] = [];

/**
 * Starts a program as leader of a session of its own. `mayStart` is asked right before the order is given, and again
 * when the order lay too long. Never rejects.
 */
export function fork(order: ForkOrder, mayStart: () => boolean = () => true): Promise<ForkResult> {
  return new Promise((answer) => {
    line.push({ order, mayStart, answer });
    move();
  });
}

function move(): void {
  for (let thread = freeThread(); line.length > 0 && thread !== undefined; thread = freeThread()) {
    const turn = line.shift();
    if (turn !== undefined) give(turn, thread);
  }
}

function give(turn: Turn, thread: ForkThread): void {
  if (!turn.mayStart()) return turn.answer({ kind: "refused" });
  void thread.fork(turn.order).then((forked) => {
    if (forked.kind === "late") line.unshift(turn);
    else turn.answer(forked);
    move();
  });
  return undefined;
}

/** The one with the least to do; a new one where all have something to do and there may be another. */
function freeThread(): ForkThread | undefined {
  threads = threads.filter((thread) => !thread.gone);
  const [freest] = threads.toSorted((a, b) => a.orders - b.orders);
  if (freest?.orders === 0) return freest;
  if (line.length > 0 && threads.length < MOST_THREADS) {
    const another = new ForkThread();
    threads.push(another);
    return another;
  }
  return freest !== undefined && freest.orders < ORDERS ? freest : undefined;
}
