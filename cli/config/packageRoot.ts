import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let found: string | undefined;

/** True when this is built code, in `dist/`; false when a checkout runs its sources. */
export function isBuilt(): boolean {
  return dirname(dirname(fileURLToPath(import.meta.url))) === join(packageRoot(), "dist");
}

/** Drover's own folder: the checkout, or `node_modules/drover` where it is installed. */
export function packageRoot(): string {
  found ??= search(dirname(fileURLToPath(import.meta.url)));
  return found;
}

function search(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json above ${from}`);
  }
}
