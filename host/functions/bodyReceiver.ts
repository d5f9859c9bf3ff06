import { LIMITS } from "../values/limits.ts";
import type { ToThread } from "./actionMessages.ts";

type Post = (message: ToThread) => void;

/**
 * The host's end of a response: a stream of what the action writes. It fails, and with it the connection, when the
 * action's thread ends before the body does, so that nobody takes half a body for a whole one.
 */
export class BodyReceiver {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #post: Post;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Ends the wait for the part that was asked for. */
  #arrived: (() => void) | null = null;
  #bytes = 0;

  constructor(post: Post) {
    this.#post = post;
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      this.#controller = controller;
    };
    const pull = () =>
      new Promise<void>((resolve) => {
        this.#arrived = resolve;
        post({ kind: "pull" });
      });
    const cancel = () => this.#hangUp();
    // Nothing is asked for ahead: what the action has not sent yet, it can still decide.
    this.stream = new ReadableStream({ start, pull, cancel }, { highWaterMark: 0 });
  }

  part(bytes: Uint8Array): void {
    if (this.#controller === null) return;
    this.#bytes += bytes.length;
    if (this.#bytes > LIMITS.httpActionBodyBytes) {
      this.end(`HTTP actions may answer with at most ${LIMITS.httpActionBodyBytes} bytes.`);
      return this.#hangUp();
    }
    this.#controller.enqueue(bytes);
    this.#arrived?.();
  }

  /** Ends the body; a problem cuts it short. */
  end(problem: string | null): void {
    if (problem === null) this.#controller?.close();
    else this.#controller?.error(new Error(problem));
    this.#close();
  }

  #hangUp(): void {
    this.#close();
    this.#post({ kind: "hangUp" });
  }

  #close(): void {
    this.#controller = null;
    this.#arrived?.();
  }
}
