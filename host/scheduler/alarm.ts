/** setTimeout cannot wait longer; the alarm then looks again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One timer to the earliest of several times; nothing polls. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;
  readonly #ring: () => void;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at this time (milliseconds since the epoch), or earlier when an earlier time is set already. */
  setBy(atMs: number): void {
    if (atMs >= this.#at) return;
    this.clear();
    this.#at = atMs;
    const wait = Math.min(Math.max(0, atMs - Date.now()), MAX_TIMER_MS);
    this.#timer = setTimeout(() => {
      this.clear();
      this.#ring();
    }, wait);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#at = Infinity;
  }
}
