#!/usr/bin/env node
// `drover` in both of its homes. A checkout runs its sources through tsx, so that what runs is what was last saved;
// the installed package has no sources and runs what was built.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "cli", "cli.ts");

if (existsSync(source)) {
  const { register } = await import("tsx/esm/api").catch(() => {
    console.error("drover: packages are missing in this checkout: run `npm ci` first");
    process.exit(1);
  });
  register();
  await import(pathToFileURL(source).href);
} else {
  await import(pathToFileURL(join(root, "dist", "cli", "cli.js")).href);
}
