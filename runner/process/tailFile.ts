/**
 * Follows a growing file without losing a byte: positions are read, not events counted. `fs.watch` makes it quick
 * where it works, a slow poll makes it sure where it does not (network folders, missed notices).
 */
import { watch } from "node:fs";
import { open } from "node:fs/promises";

/** How long a missed notice may delay what is read. */
const POLL_MS = 500;
/** Bytes read at once. */
const CHUNK_BYTES = 256 * 1024;

export interface Tail {
  /** Bytes handed over so far. */
  readonly position: number;
  /** Reads what is left, then stops following. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Hands every byte of `path` to `onBytes`, in order, until stopped. The bytes are only valid during the call. The
 * file must exist. An exception of `onBytes` or a read error goes to `onError`, once, and ends the following.
 */
export async function tailFile(
  path: string,
  handlers: { onBytes: (bytes: Uint8Array) => void; onError: (error: unknown) => void },
): Promise<Tail> {
  const file = await open(path, "r");
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  let reading: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  const readOn = async () => {
    do {
      again = false;
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        handlers.onBytes(buffer.subarray(0, bytesRead));
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
  const watcher = watchQuietly(path, () => void wake());
  const poll = setInterval(() => void wake(), POLL_MS);
  const end = () => {
    clearInterval(poll);
    watcher?.close();
  };
  void wake();

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
      await file.close();
    },
  };
}

function watchQuietly(path: string, onChange: () => void) {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    // Too many watches on this machine, or the file was moved: the poll goes on.
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
