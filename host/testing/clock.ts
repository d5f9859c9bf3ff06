import type { Clock, Timekeeper } from "../database/clock.ts";

const NS_PER_MS = 1_000_000n;
/** Clocks of real machines are corrected by less. */
const SMALL_STEP_MS = 60_000;

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
    const wall = BigInt(Date.now()) * NS_PER_MS;
    return wall > this.latest ? wall : this.latest + 1n;
  }

  creationTime(): number {
    return this.#clock.creationTime();
  }

  persist(ts: bigint): void {
    this.#clock.persist(ts);
  }

  /**
   * The time of a transaction that begins: not a nanosecond before that of the last commit, unless the test has set
   * its clock back by more than a small step, to see what functions make of that.
   */
  nowMs(): number {
    const now = Date.now();
    const committed = Number((this.latest + NS_PER_MS - 1n) / NS_PER_MS);
    return committed - now > SMALL_STEP_MS ? now : Math.max(now, committed);
  }
}
