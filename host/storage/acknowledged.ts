import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";

/** Digits of a timestamp in nanoseconds: every write replaces the one before it in place. */
const DIGITS = 20;

/**
 * `<file>.open` lies beside a data file that a host has open, and names the last commit that was acknowledged. A host
 * that ends cleanly takes it away. So one that is found says two things: the last host was killed, and how far the
 * data must reach.
 */
export interface Acknowledged {
  /** Records the timestamp of a commit. Not synced: it must outlive the process, the commit itself is on disk. */
  note(ts: bigint): void;
  remove(): void;
}

/** The timestamp that a killed host has left; null when the last one ended cleanly, 0 when it has committed nothing. */
export function leftBehind(file: string): bigint | null {
  try {
    const text = readFileSync(acknowledgedFile(file), "utf8");
    return /^\d+$/.test(text) ? BigInt(text) : 0n;
  } catch {
    return null;
  }
}

/** Begins a record; one that a killed host has left is replaced. */
export function recordAcknowledged(file: string, ts: bigint): Acknowledged {
  const path = acknowledgedFile(file);
  const fd = openSync(path, "w", 0o600);
  const note = (latest: bigint) => writeSync(fd, latest.toString().padStart(DIGITS, "0"), 0);
  note(ts);
  return {
    note: (latest) => {
      try {
        note(latest);
      } catch {
        // A full disk: the record then names an earlier commit, which is no lie.
      }
    },
    remove: () => {
      closeSync(fd);
      rmSync(path, { force: true });
    },
  };
}

export function acknowledgedFile(file: string): string {
  return `${file}.open`;
}
