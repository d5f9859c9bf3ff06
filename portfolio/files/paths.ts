import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";

/**
 * A path as a person writes it made absolute: `~`, `~/x`, `$NAME` and `${NAME}` are expanded (an unset name is left
 * as it is, so that the error names it), a relative path starts at `base`.
 */
export function expandPath(path: string, base: string = process.cwd()): string {
  return resolve(base, expandVariables(path));
}

/** The same expansion without making the path absolute. */
export function expandVariables(path: string): string {
  const home = path === "~" || path.startsWith("~/") ? homedir() + path.slice(1) : path;
  return home.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    return process.env[braced ?? bare ?? ""] ?? whole;
  });
}

/** The folder in which this machine keeps Drover's own files: `DROVER_HOME`, or `~/.drover`. */
export function droverHome(): string {
  return expandPath(process.env["DROVER_HOME"] ?? "~/.drover");
}

/**
 * Where the repo of a task lies: an absolute path is taken as it is; `owner/name` is `<reposDir>/<name>`, or
 * `reposDir` itself when that folder has the name.
 */
export function repoFolder(reposDir: string, repo: string): string {
  if (isAbsolute(repo)) return repo;
  const name = repo.split("/").at(-1) ?? repo;
  return basename(resolve(reposDir)) === name ? resolve(reposDir) : join(reposDir, name);
}

/** The real path when it exists and lies inside `realRoot` (itself a real path), else undefined: a link may lead out. */
export function insideTree(realRoot: string, path: string): string | undefined {
  try {
    const real = realpathSync.native(path);
    return real === realRoot || real.startsWith(realRoot + "/") ? real : undefined;
  } catch {
    return undefined;
  }
}
