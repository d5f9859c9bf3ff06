import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** A text that somebody else wrote is read only up to here: 1 MiB is far above any real build or config file. */
export const MAX_TEXT_BYTES = 1024 * 1024;

// NONBLOCK: opening a pipe with no writer would wait for ever, and a hostile repo may hold one under any name.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

export type BoundedText =
  | { kind: "text"; text: string }
  | { kind: "absent" }
  | { kind: "too_large"; bytes: number }
  | { kind: "unreadable"; reason: string };

/** Reads one regular file of at most `limit` bytes as UTF-8; links, pipes and devices are refused, never opened to the end. */
export function readBounded(path: string, limit: number = MAX_TEXT_BYTES): BoundedText {
  let fd: number;
  try {
    fd = openSync(path, OPEN_FLAGS);
  } catch (error) {
    return failure(error);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { kind: "unreadable", reason: "no regular file" };
    if (stat.size > limit) return { kind: "too_large", bytes: stat.size };
    const buffer = Buffer.allocUnsafe(stat.size);
    let filled = 0;
    while (filled < stat.size) {
      const got = readSync(fd, buffer, filled, stat.size - filled, filled);
      if (got === 0) break;
      filled += got;
    }
    return { kind: "text", text: buffer.toString("utf8", 0, filled) };
  } catch (error) {
    return failure(error);
  } finally {
    closeSync(fd);
  }
}

/** The text of a file, or undefined when it is absent, too large or unreadable. */
export function readTextOrNothing(path: string): string | undefined {
  const read = readBounded(path);
  return read.kind === "text" ? read.text : undefined;
}

function failure(error: unknown): BoundedText {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
  return code === "ENOENT" || code === "ENOTDIR" ? { kind: "absent" } : { kind: "unreadable", reason: code };
}
