/** Characters of a call's path and arguments that are kept; longer ones are told apart by their beginning and length. */
const TEXT_CHARS = 4_096;
/** How long a call that took all memory is refused, ms: until then its client has sent it again and been told. */
const REFUSED_MS = 60_000;
const LENGTH = 0;
const COUNT = 1;
const HEADER_BYTES = 8;

/**
 * The query or mutation that runs, in memory that another thread can read: when one takes all memory, its thread ends
 * and nothing in it is left to tell which one it was. The thread that follows refuses it, because its client sends
 * again whatever had no answer.
 */
export class RunningCall {
  readonly memory: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #text: Buffer;
  readonly #refused: { text: string; untilMs: number } | null;

  /** @param refused what `read` gave of the call that ended the thread before */
  constructor(memory = new SharedArrayBuffer(HEADER_BYTES + TEXT_CHARS), refused: string | null = null) {
    this.memory = memory;
    this.#header = new Int32Array(memory, 0, 2);
    this.#text = Buffer.from(memory, HEADER_BYTES);
    this.#refused = refused === null ? null : { text: refused, untilMs: Date.now() + REFUSED_MS };
  }

  /** Notes a call; false: it is the one that must not run. */
  begin(path: string, args: string): boolean {
    const text = `${path} ${args.length > TEXT_CHARS ? args.length : ""}${args}`;
    // One byte a character: it costs a third of a microsecond, and equal texts stay equal.
    const length = this.#text.write(text, "latin1");
    if (this.#isRefused(length)) return false;
    Atomics.add(this.#header, COUNT, 1);
    Atomics.store(this.#header, LENGTH, length);
    return true;
  }

  end(): void {
    Atomics.store(this.#header, LENGTH, 0);
  }

  /** The call that runs, null between calls; `count` tells one call from the next. */
  read(): { text: string | null; count: number } {
    const length = Atomics.load(this.#header, LENGTH);
    const count = Atomics.load(this.#header, COUNT);
    return { text: length === 0 ? null : this.#text.toString("latin1", 0, length), count };
  }

  #isRefused(length: number): boolean {
    if (this.#refused === null || Date.now() > this.#refused.untilMs) return false;
    return this.#text.toString("latin1", 0, length) === this.#refused.text;
  }
}
