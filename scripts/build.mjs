// Builds what the package runs: plain JavaScript in dist/, the Convex functions bundled beside it.
// Every output file lies exactly two folders below the package root, as the sources that look for `../../templates/`.
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { "cli/cli": "cli/cli.ts", "cli/standInAgent": "cli/demo/standInAgent.ts" },
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  metafile: true,
  logLevel: "warning",
});
chmodSync(join(dist, "cli", "cli.js"), 0o755);
writeFileSync(join(dist, "build.json"), `${JSON.stringify({ commit: commit() })}\n`);

const files = Object.keys(metafile.outputs);
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.error(`dist: ${files.length} files, ${Math.round(bytes / 1024)} KB`);

/** The commit the build is of, or null outside a checkout: a package built from an archive has none. */
function commit() {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return null;
  }
}
