import type { WebSocket } from "ws";
import type { Tap } from "./intake.ts";

/** Bytes that wait for a client to read them, above which no more is taken from it: its answers would pile up. */
const UNSENT_BYTES = 4 * 1024 * 1024;
/** A client with more than this waiting for it has stopped reading, or watches more than any client can use. */
export const MOST_UNSENT_BYTES = 128 * 1024 * 1024;

/** What a socket's client has not read yet, and what follows from that. */
export class Unsent {
  readonly #socket: WebSocket;
  readonly #tap: Tap;
  #isPaused = false;

  constructor(socket: WebSocket, tap: Tap) {
    this.#socket = socket;
    this.#tap = tap;
  }

  /**
   * Sends a frame; `sent` is called when it has left the process.
   * @returns false when so much waits already that the socket must be given up
   */
  send(text: string, sent?: () => void): boolean {
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

  #drained(): void {
    if (!this.#isPaused || this.#socket.bufferedAmount > UNSENT_BYTES / 2) return;
    this.#isPaused = false;
    this.#tap.resume();
  }
}
