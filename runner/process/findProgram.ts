import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { statIfThere } from "../state/statIfThere.ts";

/** How long it is taken for granted that no folder further ahead in PATH has got the program, ms. */
const FRESH_MS = 1000;
const MOST_FOUND = 100;
const found = new Map<string, { file: string; at: number }>();

/**
 * The file that would run for `program`: a path is taken from `cwd`, a bare name is looked up in `path` (a PATH).
 * Undefined when there is no executable file.
 */
export function findProgram(
  program: string,
  where: { cwd: string; path: string | undefined },
): string | undefined {
  if (program.includes("/")) return firstOf([resolve(where.cwd, program)]);
  const key = [program, where.cwd, where.path].join("\0");
  const known = found.get(key);
  // One look instead of one for each folder of PATH, at every job.
  if (known !== undefined && performance.now() - known.at < FRESH_MS && isExecutable(known.file))
    return known.file;
  const folders = (where.path ?? "").split(delimiter);
  const file = firstOf(folders.map((folder) => join(folder || where.cwd, program)));
  if (found.size >= MOST_FOUND) found.clear();
  if (file !== undefined) found.set(key, { file, at: performance.now() });
  return file;
}

function firstOf(candidates: string[]): string | undefined {
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  // Asked first: looking through PATH mostly meets folders without it, and an exception is dear.
  if (statIfThere(file)?.isFile() !== true) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
