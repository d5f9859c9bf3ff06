/**
 * Files that only their owner may read, written whole or not at all. Synchronous: they are small, and the several
 * promises of each would cost more of a runner's time than the writing, at every job.
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes `text` to `file` by way of a draft beside it, so that a kill never leaves half a file. */
export function writePrivate(file: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.draft`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}
