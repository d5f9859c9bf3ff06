/**
 * Follows a growing file without losing a byte: positions are read, not events counted. `fs.watch` makes it quick
 * where it works, a slow poll makes it sure where it does not (network folders, missed notices).
 */
import { closeSync, openSync, readSync, watch, type FSWatcher } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

/** How long a missed notice may delay what is read. */
const POLL_MS = 500;
/** Before it, no notices are asked for: what ends at once is read at its end, and setting up a watch costs more. */
const WATCH_AFTER_MS = 100;
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
  let again = false;
  let stopped = false;

  // Synchronous: what was written a moment ago is in memory, and a promise costs more than such a read. Turn by turn,
  // so that a flood of output keeps nothing else waiting.
  const readOn = async () => {
    do {
      again = false;
      for (;;) {
        const length = readSync(file, buffer, 0, CHUNK_BYTES, position);
        if (length === 0) break;
        position += length;
        handlers.onBytes(buffer.subarray(0, length));
        if (length === CHUNK_BYTES) await nextTurn();
      }
    } while (again);
  };
  const wake = (): Promise<void> => {
    if (reading) {
      again = true;
      return reading;
    }
    reading = readOn()
      .catch((error: unknown) => {
        end();
        handlers.onError(error);
      })
      .finally(() => (reading = undefined));
    return reading;
  };
  let watcher: FSWatcher | undefined;
  const poll = setInterval(() => void wake(), POLL_MS);
  const start = setTimeout(() => {
    watcher = watchQuietly(path, () => void wake());
    void wake();
  }, WATCH_AFTER_MS);
  const end = () => {
    clearTimeout(start);
    clearInterval(poll);
    watcher?.close();
  };

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

function watchQuietly(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    // Too many watches on this machine, or the file was moved: the poll goes on.
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
