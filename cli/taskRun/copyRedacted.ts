import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Redact } from "../../runner/report/redact.ts";

/** Characters that are looked at together: a key of several lines must not be cut in two, and 100 MB not be held. */
const BLOCK_CHARS = 1024 * 1024;

/**
 * Copies a text file with its secrets taken out: a run's folder is sent around, the runner's own files are not. A file
 * that is gone, or lies on another machine, is passed over.
 */
export async function copyRedacted(from: string, to: string, redact: Redact): Promise<void> {
  try {
    await pipeline(
      createReadStream(from, "utf8"),
      (chunks: AsyncIterable<string>) => redacted(chunks, redact),
      createWriteStream(to, { mode: 0o600 }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Blocks of whole lines; a line that is longer than a block stays in one piece. */
async function* redacted(chunks: AsyncIterable<string>, redact: Redact): AsyncGenerator<string> {
  let block = "";
  for await (const chunk of chunks) {
    block += chunk;
    if (block.length < BLOCK_CHARS) continue;
    const end = block.lastIndexOf("\n") + 1;
    if (end > 0) yield redact(block.slice(0, end));
    block = block.slice(end);
  }
  if (block !== "") yield redact(block);
}
