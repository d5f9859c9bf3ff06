import type { Clock, Timekeeper } from "../database/clock.ts";

/**
 * The host's clock as suites for convex-test expect it: an empty database is at timestamp 0, every mutation that ends
 * well moves it, also one that wrote nothing, and a timestamp is taken at the end of its transaction.
 */
export class TestClock implements Timekeeper {
  latest: bigint;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.latest = clock.restored;
  }

  next(): bigint {
    const wall = BigInt(Date.now()) * 1_000_000n;
    return wall > this.latest ? wall : this.latest + 1n;
  }

  creationTime(): number {
    return this.#clock.creationTime();
  }

  persist(ts: bigint): void {
    this.#clock.persist(ts);
  }

  /** The time of a transaction that begins: in no millisecond before that of the last commit. */
  nowMs(): number {
    return Math.max(Date.now(), Number(this.latest / 1_000_000n));
  }
}
