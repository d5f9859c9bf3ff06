/** Told after a refresh; everything it holds is then valid as of `ts`. */
export interface Subscriber {
  refreshed(ts: bigint): void;
}

/** Kept from load time, because tests replace the global timers. */
const nextTurn = setImmediate;
/** Subscribers told in one turn of the event loop: about a quarter of a millisecond, most of it the kernel's. */
const SLICE = 16;

/**
 * Tells subscribers of refreshes, some in a turn: with a thousand of them on one query a commit would else wait until
 * all have been sent the commit before it. Whoever has not been told when the next refresh comes is told of that one
 * alone.
 */
export class FanOut {
  /** In the order in which they began to wait: a refresh that comes sooner than their turn does not send them back. */
  readonly #left = new Set<Subscriber>();
  readonly #isOutdated: () => boolean;
  #ts = 0n;
  #isPlanned = false;

  /** @param isOutdated whether a refresh is due, which will call `tell`: nobody is told of the last one any more */
  constructor(isOutdated: () => boolean) {
    this.#isOutdated = isOutdated;
  }

  /** Tells those who have asked now (a client that waits for its own mutation), and the others in their turn. */
  tell(ts: bigint, asking: ReadonlySet<Subscriber>, others: Iterable<Subscriber>): void {
    this.#ts = ts;
    for (const subscriber of others) this.#left.add(subscriber);
    for (const subscriber of asking) {
      this.#left.delete(subscriber);
      subscriber.refreshed(ts);
    }
    this.#slice();
  }

  /** Forgets a subscriber. */
  cancel(subscriber: Subscriber): void {
    this.#left.delete(subscriber);
  }

  #slice(): void {
    let told = 0;
    for (const subscriber of this.#left) {
      if (told++ === SLICE) break;
      this.#left.delete(subscriber);
      subscriber.refreshed(this.#ts);
    }
    if (this.#left.size === 0 || this.#isPlanned) return;
    this.#isPlanned = true;
    nextTurn(() => {
      this.#isPlanned = false;
      if (!this.#isOutdated()) this.#slice();
    });
  }
}
