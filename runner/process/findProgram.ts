import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { statIfThere } from "../state/statIfThere.ts";

/**
 * The file that would run for `program`: a path is taken from `cwd`, a bare name is looked up in `path` (a PATH).
 * Undefined when there is no executable file.
 */
export function findProgram(
  program: string,
  where: { cwd: string; path: string | undefined },
): string | undefined {
  const candidates = program.includes("/")
    ? [isAbsolute(program) ? program : resolve(where.cwd, program)]
    : (where.path ?? "").split(delimiter).map((folder) => join(folder || where.cwd, program));
  for (const file of candidates) if (isExecutable(file)) return file;
  return undefined;
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
