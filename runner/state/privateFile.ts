/** Files that only their owner may read, written whole or not at all. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes `text` to `file` by way of a draft beside it, so that a kill never leaves half a file. */
export async function writePrivate(file: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.draft`;
  await writeFile(draft, text, { mode });
  await rename(draft, file);
}
