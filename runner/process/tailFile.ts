/**
 * Follows a growing file without losing a byte: positions are read, not events counted. It looks by itself and asks for
 * no notices (`fs.watch`): an agent that talks would wake the runner at every line, which nobody sees before the next
 * batch of events, and network folders give none.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { everyTick } from "./sharedTimer.ts";

/** Bytes read at once. */
const CHUNK_BYTES = 256 * 1024;
/** Of all tails: a chunk is handed over before the next one is read. */
const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

export interface Tail {
  /** The byte behind the last one that was handed over. */
  readonly position: number;
  /** Reads what is left, then stops following. Safe to call twice. */
  stop(): Promise<void>;
}

export interface TailHandlers {
  onBytes: (bytes: Uint8Array) => void;
  onError: (error: unknown) => void;
  /** The byte to begin with. */
  from?: number;
}

/**
 * Hands every byte of `path` to `onBytes`, in order, until stopped. The bytes are only valid during the call. The
 * file must exist. An exception of `onBytes` or a read error goes to `onError`, once, and ends the following.
 */
export function tailFile(path: string, handlers: TailHandlers): Tail {
  const file = openSync(path, "r");
  let position = handlers.from ?? 0;
  let reading: Promise<void> | undefined;
  let stopped = false;

  // Synchronous: what was written a moment ago is in memory, and a promise costs more than such a read. Turn by turn,
  // so that a flood of output keeps nothing else waiting.
  const readOn = async () => {
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK_BYTES, position);
      if (length === 0) return;
      position += length;
      handlers.onBytes(buffer.subarray(0, length));
      if (length === CHUNK_BYTES) await nextTurn();
    }
  };
  const look = () => {
    reading ??= readOn()
      .catch((error: unknown) => {
        end();
        handlers.onError(error);
      })
      .finally(() => (reading = undefined));
  };
  const end = everyTick(look);

  return {
    get position() {
      return position;
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      end();
      // A reading under way may have seen the end of the file just before the last bytes came.
      await reading;
      await readOn().catch(handlers.onError);
      closeSync(file);
    },
  };
}
