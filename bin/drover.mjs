#!/usr/bin/env node
// `drover` in both of its homes. The installed package has no sources and runs what was built. A checkout runs what
// was built only while no source of it has changed since, and the sources through tsx otherwise: never stale code.
import { existsSync, readFileSync, statSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "cli", "cli.ts");
const built = join(root, "dist", "cli", "cli.js");

// Node 22 and later keep compiled code between calls.
module.enableCompileCache?.();

if (!existsSync(source) || isFresh()) {
  await import(pathToFileURL(built).href);
} else {
  const { register } = await import("tsx/esm/api").catch(() => {
    console.error("drover: packages are missing in this checkout: run `npm ci` first");
    process.exit(1);
  });
  register();
  await import(pathToFileURL(source).href);
}

/** True when there is a build and every source that went into it is older. */
function isFresh() {
  const list = join(root, "dist", "inputs.json");
  try {
    const builtAt = statSync(list).mtimeMs;
    const inputs = JSON.parse(readFileSync(list, "utf8"));
    return inputs.every((input) => statSync(join(root, input)).mtimeMs < builtAt);
  } catch {
    // No build, half a build, or a source that is gone.
    return false;
  }
}
