import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { packageRoot } from "./packageRoot.ts";

/** Folder and file of a consumer repo's configuration. */
export const CONFIG_FOLDER = ".drover";
const CONFIG_NAME = "config.json";

/**
 * The configuration file that holds for a folder: `.drover/config.json` there or above it, else `config.json` of
 * Drover's own checkout (the way of those who vendor Drover into a repo); null when there is none.
 */
export function findConfig(from: string): string | null {
  let folder = resolve(from);
  for (;;) {
    const candidate = join(folder, CONFIG_FOLDER, CONFIG_NAME);
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  const own = join(packageRoot(), CONFIG_NAME);
  return existsSync(own) ? own : null;
}

/** The folder that paths of a configuration are relative to: the repo, not its `.drover` folder. */
export function projectRoot(file: string): string {
  const folder = dirname(file);
  return folder.endsWith(`/${CONFIG_FOLDER}`) || folder.endsWith(`\\${CONFIG_FOLDER}`)
    ? dirname(folder)
    : folder;
}
