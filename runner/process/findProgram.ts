import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/**
 * The file that would run for `program`: a path is taken from `cwd`, a bare name is looked up in `path` (a PATH).
 * Undefined when there is no executable file.
 */
export async function findProgram(
  program: string,
  where: { cwd: string; path: string | undefined },
): Promise<string | undefined> {
  const candidates = program.includes("/")
    ? [isAbsolute(program) ? program : resolve(where.cwd, program)]
    : (where.path ?? "").split(delimiter).map((folder) => join(folder || where.cwd, program));
  for (const file of candidates) if (await isExecutable(file)) return file;
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
