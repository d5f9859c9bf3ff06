import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFolder } from "./look.ts";

/**
 * A folder of the templates that ship with Drover, such as "playbooks". Looked for upward from this file, because the compiled
 * program lies one folder deeper than the sources.
 */
export function shippedTemplates(kind: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const path = join(folder, "templates", kind);
    if (isFolder(path)) return path;
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`templates/${kind} is missing from the installation`);
    folder = parent;
  }
}
