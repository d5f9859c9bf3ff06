/** Messages of one socket that may be under way: handled, queued for the executor, or running. */
const OPEN_MESSAGES = 1_000;
/** Characters of them: a few calls with the largest arguments, or a thousand usual ones. */
const OPEN_CHARS = 32 * 1024 * 1024;

export interface Tap {
  pause(): void;
  resume(): void;
}

/**
 * Back-pressure on one socket: beyond the limits it is not read, so that its client waits, until half of what is open
 * has been dealt with. What TCP and the WebSocket library have buffered already still comes in.
 */
export class Intake {
  readonly #tap: Tap;
  #messages = 0;
  #chars = 0;
  #isPaused = false;

  constructor(tap: Tap) {
    this.#tap = tap;
  }

  /** True while the socket is not read: nothing can be heard from its client, which says nothing about it. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Counts a message; gives what must be called once it has been dealt with. */
  take(chars: number): () => void {
    this.#messages++;
    this.#chars += chars;
    if (!this.#isPaused && (this.#messages >= OPEN_MESSAGES || this.#chars >= OPEN_CHARS)) {
      this.#isPaused = true;
      this.#tap.pause();
    }
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#give(chars);
    };
  }

  #give(chars: number): void {
    this.#messages--;
    this.#chars -= chars;
    if (!this.#isPaused || this.#messages > OPEN_MESSAGES / 2 || this.#chars > OPEN_CHARS / 2) return;
    this.#isPaused = false;
    this.#tap.resume();
  }
}
