import type { WebSocket } from "ws";
import type { Tap } from "./intake.ts";

/** Bytes that wait for a client to read them, above which no more is taken from it: its answers would pile up. */
const UNSENT_BYTES = 4 * 1024 * 1024;
/** A client with more than this waiting for it has stopped reading, or watches more than any client can use. */
export const MOST_UNSENT_BYTES = 128 * 1024 * 1024;

/** The connection below a WebSocket: while it is corked, frames gather in it. */
export interface Wire {
  cork(): void;
  uncork(): void;
}

/** What a socket's client has not read yet, and what follows from that. */
export class Unsent {
  readonly #socket: WebSocket;
  readonly #wire: Wire;
  readonly #tap: Tap;
  #isPaused = false;
  #isCorked = false;

  constructor(socket: WebSocket, { wire, tap }: { wire: Wire; tap: Tap }) {
    this.#socket = socket;
    this.#wire = wire;
    this.#tap = tap;
  }

  /**
   * Sends a frame; `sent` is called when it has left the process.
   * @returns false when so much waits already that the socket must be given up
   */
  send(text: string, sent?: () => void): boolean {
    this.#gather();
    this.#socket.send(text, () => {
      sent?.();
      this.#drained();
    });
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount > MOST_UNSENT_BYTES) return false;
    if (bufferedAmount > UNSENT_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#tap.pause();
    }
    return true;
  }

  /**
   * Holds the frames of this turn together: the answers of a batch and the Transition that follows them leave in one
   * system call, which costs 10 us, and wake their client once.
   */
  #gather(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#wire.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#wire.uncork();
    });
  }

  #drained(): void {
    if (!this.#isPaused || this.#socket.bufferedAmount > UNSENT_BYTES / 2) return;
    this.#isPaused = false;
    this.#tap.resume();
  }
}
