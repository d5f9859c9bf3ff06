import { homedir } from "node:os";
import { resolve } from "node:path";
import { usageError } from "../output/errors.ts";
import type { Settings } from "./settings.ts";

/** Slug → absolute path on this machine, for every namespace that this configuration serves. */
export function repoPaths(settings: Settings, env = process.env): Map<string, Record<string, string>> {
  const { config, root, namespace } = settings;
  const byNamespace = new Map<string, Record<string, string>>();
  const expand = (repos: Record<string, string> | undefined) =>
    Object.fromEntries(
      Object.entries(repos ?? {}).map(([slug, path]) => [slug, expandPath(path, root, env)]),
    );
  if (namespace !== null) {
    const own = expand(config.repos);
    if (config.repo !== undefined && own[config.repo] === undefined) own[config.repo] = root;
    byNamespace.set(namespace, own);
  }
  for (const [name, { repos }] of Object.entries(config.namespaces ?? {})) {
    byNamespace.set(name, { ...byNamespace.get(name), ...expand(repos) });
  }
  return byNamespace;
}

/** `~`, `$NAME` and `${NAME}` are expanded; what is relative lies below the repo of the configuration. */
export function expandPath(path: string, root: string, env: NodeJS.ProcessEnv): string {
  const filled = path
    .replace(/^~(?=$|[/\\])/, () => env.HOME ?? homedir())
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? "";
      const value = env[name];
      if (value === undefined)
        throw usageError(`the path "${path}" of the configuration needs $${name}, which is not set`);
      return value;
    });
  return resolve(root, filled);
}
