import type { Driver } from "../storage/driver.ts";

/** What a store needs of its clock. */
export type Timekeeper = Pick<Clock, "latest" | "next" | "creationTime" | "persist">;

/**
 * What lies between two timestamps at least. Timestamps of this century are exact as floats when they are multiples of it:
 * JavaScript clients of the streaming export read them as numbers and send them back.
 */
const STEP_NS = 256n;
/** Float milliseconds of today are exact to a quarter of a microsecond; this is above it on the way there and back. */
const FLOAT_ERROR_NS = 1_000n;

/**
 * Commit timestamps: nanoseconds since the epoch, strictly increasing over the life of the data file, also when
 * the wall clock goes back. Creation times (float milliseconds) grow with them.
 */
export class Clock {
  /** Timestamp of the last commit that is on disk; what a query reads as of. */
  latest: bigint;
  /** Timestamp of the last commit of whoever had the file open before; 0 in a new file. */
  readonly restored: bigint;
  #last: bigint;
  #lastCreation: number;
  readonly #save;

  constructor(driver: Driver) {
    const stored = driver.prepare("SELECT value FROM meta WHERE key = 'lastTs'").get()?.["value"];
    this.#save = driver.prepare("UPDATE meta SET value = ? WHERE key = 'lastTs'");
    this.restored = BigInt((stored as string | undefined) ?? "0");
    this.#last = this.restored;
    this.#lastCreation = Number(this.#last) / 1e6;
    this.latest = this.next();
  }

  /** A timestamp above every earlier one. */
  next(): bigint {
    // The product of floats is such a multiple.
    const wall = BigInt(Date.now() * 1_000_000);
    this.#last = wall > this.#last ? wall : (this.#last / STEP_NS + 1n) * STEP_NS;
    return this.#last;
  }

  /** A creation time above every earlier one: insertion order is the order by `_creationTime`. */
  creationTime(): number {
    this.#lastCreation = Math.max(Date.now(), nextUp(this.#lastCreation));
    return this.#lastCreation;
  }

  /** Puts into the open transaction what a restart must begin above: the timestamp and all creation times. */
  persist(ts: bigint): void {
    const created = BigInt(Math.ceil(this.#lastCreation * 1e6)) + FLOAT_ERROR_NS;
    this.#save.run([(ts > created ? ts : created).toString()]);
  }
}

const view = new DataView(new ArrayBuffer(8));

/** The next larger double of a positive number. */
function nextUp(value: number): number {
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0);
}
