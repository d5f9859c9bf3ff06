/**
 * Looking at paths that somebody else made. A file in place of a folder (ENOTDIR), a link to itself (ELOOP) or a closed folder
 * (EACCES) is an answer about that one path: as an exception it would end a round over 200 repos.
 */
import { lstatSync, statSync, type Stats } from "node:fs";

/** What lies at a path, a link taken as itself. Undefined when there is nothing or it cannot be looked at. */
export function entryAt(path: string): Stats | undefined {
  return orUndefined(() => lstatSync(path, { throwIfNoEntry: false }));
}

/** What lies at a path, links followed. Undefined when there is nothing or it cannot be looked at. */
export function thingAt(path: string): Stats | undefined {
  return orUndefined(() => statSync(path, { throwIfNoEntry: false }));
}

/** True when the path exists and is a folder (links followed). */
export function isFolder(path: string): boolean {
  return thingAt(path)?.isDirectory() ?? false;
}

/** The error code when a path is closed to this user; undefined when it can be looked at, or is plainly not there. */
export function whyClosed(path: string): string | undefined {
  try {
    lstatSync(path);
    return undefined;
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : code;
  }
}

function orUndefined(look: () => Stats | undefined): Stats | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
