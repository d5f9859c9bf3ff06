import { statSync, type Stats } from "node:fs";

/** What is at `path`; undefined when there is nothing, or nothing that may be seen. */
export function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
