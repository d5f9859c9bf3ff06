import { openStore, type Store } from "../database/store.ts";
import { openSnapshot, type Snapshot } from "../storage/snapshot.ts";
import type { Engine } from "./engine.ts";

/** How long a timestamp is good for after it was handed out; as long as Convex promises. */
const KEPT_MS = 30_000;
/** Timestamps that are good at the same time; each is a connection of its own. The oldest is let go. */
const KEPT_MOMENTS = 32;

/** The data as they were at a timestamp. */
export interface Moment {
  readonly ts: bigint;
  readonly store: Store;
}
interface Held extends Moment {
  readonly snapshot: Snapshot;
  timer: NodeJS.Timeout | undefined;
  /** Reads under way, which end before the snapshot is closed. */
  readers: number;
  isOver: boolean;
}

/**
 * Keeps the data of the timestamps that were handed out for a while, so that several queries see the same. Nothing is
 * kept, and no mutation costs more, when nobody asks for a timestamp.
 */
export class Past {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #file: string;
  readonly #held = new Map<bigint, Held>();

  /** `file` is the path of the data file, or ":memory:". */
  constructor(engine: Engine, store: Store, file: string) {
    this.#engine = engine;
    this.#store = store;
    this.#file = file;
  }

  /** The timestamp of the last commit; `read` knows it for 30 s. */
  async now(): Promise<bigint> {
    const present = this.#held.get(this.#engine.latestTs) ?? (await this.#hold());
    this.#keep(present);
    return present.ts;
  }

  /** Works with the data of a timestamp: null when they are gone, or never were kept. */
  async read<T>(ts: bigint, work: (moment: Moment) => Promise<T>): Promise<T | null> {
    // The last commit may have been heard of elsewhere, from a mutation or a subscription.
    if (ts === this.#engine.latestTs) await this.now();
    const held = this.#held.get(ts);
    if (held === undefined) return null;
    held.readers++;
    try {
      return await work(held);
    } finally {
      held.readers--;
      this.#closeWhenOver(held);
    }
  }

  close(): void {
    for (const held of [...this.#held.values()]) this.#letGo(held);
  }

  async #hold(): Promise<Held> {
    const snapshot = await openSnapshot(this.#file);
    // Between two batches, so that what is committed is what the clock says.
    const ts = await this.#engine
      .inspect(({ store }) => {
        snapshot.take(store.driver);
        return store.clock.latest;
      })
      .catch((error: unknown) => {
        snapshot.close();
        throw error;
      });
    const { clock, files } = this.#store;
    const store = { ...openStore(snapshot.driver), clock, files };
    const held: Held = { ts, store, snapshot, timer: undefined, readers: 0, isOver: false };
    const other = this.#held.get(ts);
    if (other === undefined) return held;
    snapshot.close();
    return other;
  }

  #keep(held: Held): void {
    clearTimeout(held.timer);
    held.timer = setTimeout(() => this.#letGo(held), KEPT_MS).unref();
    // Behind all others: the first one is the oldest.
    this.#held.delete(held.ts);
    this.#held.set(held.ts, held);
    const [oldest] = this.#held.values();
    if (this.#held.size > KEPT_MOMENTS && oldest !== undefined) this.#letGo(oldest);
  }

  #letGo(held: Held): void {
    clearTimeout(held.timer);
    this.#held.delete(held.ts);
    held.isOver = true;
    this.#closeWhenOver(held);
  }

  #closeWhenOver({ isOver, readers, snapshot }: Held): void {
    if (isOver && readers === 0) snapshot.close();
  }
}
