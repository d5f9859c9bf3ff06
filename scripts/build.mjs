// Builds what the package runs: plain JavaScript in dist/, the Convex functions bundled beside it.
// Every output file lies exactly two folders below the package root, as the sources that look for `../../templates/`.
// Libraries are bundled: `drover queue` must answer at once, and reading them one file at a time takes longer than
// everything else it does. Only native code stays a dependency of the package.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { register } from "tsx/esm/api";
import { noticesOf } from "./notices.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

// CommonJS libraries inside ES modules still call require for what Node itself has.
const REQUIRE = [
  'import { createRequire as createRequireOfNode } from "node:module";',
  "const require = createRequireOfNode(import.meta.url);",
].join("\n");

// zod brings its messages in forty languages; every start would read them all, and Drover speaks English.
const englishZod = {
  name: "english-zod",
  setup: ({ onLoad }) => {
    onLoad({ filter: /node_modules\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    "cli/cli": "cli/cli.ts",
    "cli/standInAgent": "cli/demo/standInAgent.ts",
    "host/hostWorker": "host/thread/hostWorker.ts",
    "host/actionWorker": "host/functions/actionWorker.ts",
    "runner/acpBridge": "runner/acpBridge/main.ts",
    "portfolio/scanWorker": "portfolio/scan/scanWorker.ts",
  },
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: Object.keys(dependencies),
  banner: { js: REQUIRE },
  // Names stay: a stack in a report must say where. What goes is what costs time to read at every start.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  plugins: [englishZod],
  metafile: true,
  logLevel: "warning",
});
chmodSync(join(dist, "cli", "cli.js"), 0o755);
writeFileSync(
  join(dist, "build.json"),
  `${JSON.stringify({ commit: commit(), built: new Date().toISOString() })}\n`,
);
writeFileSync(join(dist, "THIRD_PARTY_NOTICES.txt"), noticesOf(root, Object.keys(metafile.inputs)));

register();
const { bundleFunctions } = await import("../host/host.ts");
await bundleFunctions(join(root, "convex"), join(dist, "functions"));

// Last: while it is missing or older than a source, the launcher of a checkout runs the sources.
const sources = Object.keys(metafile.inputs).filter((input) => !input.includes("node_modules"));
writeFileSync(join(dist, "inputs.json"), JSON.stringify(sources));

const files = Object.keys(metafile.outputs);
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.error(`dist: ${files.length} files, ${Math.round(bytes / 1024)} KB, and the functions`);

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
