import { messageOf } from "../values/errors.ts";
import type { FromThread } from "./actionMessages.ts";

/**
 * The action's end of a response: sends its head at once and its body part by part, each when it is asked for, so
 * that the caller gets what there is while the action still writes, and a slow caller holds the action back.
 */
export class BodySender {
  readonly #post: (message: FromThread) => void;
  #reader: ReadableStreamDefaultReader<unknown> | null = null;
  #asked: (() => void) | null = null;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  /** Resolves after the last part, or when nobody wants the rest. */
  async send(response: Response): Promise<void> {
    const { status, statusText, body } = response;
    const value = { status, statusText, headers: [...response.headers], hasBody: body !== null };
    this.#post({ kind: "responded", settled: { ok: true, value } });
    if (body === null) return;
    const reader = body.getReader();
    this.#reader = reader;
    const problem = await this.#parts(reader).catch(messageOf);
    this.#reader = null;
    this.#post({ kind: "bodyEnd", problem });
  }

  pulled(): void {
    this.#asked?.();
  }

  hangUp(): void {
    // A body that cannot be canceled goes on unread; the action's end is what ends it.
    this.#reader?.cancel("The caller has gone.").catch(() => undefined);
    this.#asked?.();
  }

  async #parts(reader: ReadableStreamDefaultReader<unknown>): Promise<string | null> {
    for (;;) {
      await new Promise<void>((resolve) => (this.#asked = resolve));
      const { done, value } = await reader.read();
      if (done) return null;
      if (!(value instanceof Uint8Array))
        return `The body of an HTTP action must be made of Uint8Array, got ${typeof value}.`;
      // A view would be sent with all of the buffer that it is a part of.
      const isWhole = value.byteLength === value.buffer.byteLength;
      this.#post({ kind: "part", bytes: isWhole ? value : value.slice() });
    }
  }
}
