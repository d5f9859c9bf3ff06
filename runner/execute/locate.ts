/** Where a job runs: the folder that this machine maps its repository to. */
import { isAbsolute } from "node:path";
import type { NamespaceOptions } from "../options.ts";
import { statIfThere } from "../state/statIfThere.ts";

export type Located = { ok: true; cwd: string } | { ok: false; error: string };

/** The folder of a job of `namespace` that names `repo` or none; or an error that names the key to set. */
export function locate(
  place: { namespace: string; repo: string | undefined; runner: string },
  options: NamespaceOptions | undefined,
): Located {
  const { namespace, repo, runner } = place;
  const key = repo === undefined ? "defaultPath" : `repos[${JSON.stringify(repo)}]`;
  const path = repo === undefined ? options?.defaultPath : options?.repos[repo];
  const what = repo === undefined ? "jobs without a repository" : `repository ${repo}`;
  const where = `set ${key} of namespace ${JSON.stringify(namespace)} to its absolute path in the configuration of runner ${runner}`;
  if (path === undefined) return { ok: false, error: `No folder for ${what} on this machine: ${where}.` };
  if (!isAbsolute(path))
    return {
      ok: false,
      error: `The folder for ${what} is ${JSON.stringify(path)}, but must be absolute: ${where}.`,
    };
  const found = statIfThere(path);
  if (found?.isDirectory()) return { ok: true, cwd: path };
  const state = found === undefined ? "does not exist" : "is not a folder";
  return { ok: false, error: `The folder for ${what}, ${path}, ${state}: create it, or ${where}.` };
}
