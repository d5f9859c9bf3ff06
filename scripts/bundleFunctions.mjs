// Proves that `convex/` bundles for the real Convex runtime: the official bundler writes the push request that
// `convex deploy` would send, without any server. Fails when the bundler fails or the request holds no modules.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

// Discard protocol port: `--write-push-request` never connects, and nothing would answer if it did.
const NOWHERE = "http://127.0.0.1:9";

const folder = mkdtempSync(join(tmpdir(), "drover-bundle-"));
try {
  const request = bundle(join(folder, "push"));
  const modules = (request.appDefinition?.changedModules ?? []).map(({ path }) => path);
  const functions = modules.filter((path) => !path.startsWith("_deps/"));
  if (functions.length === 0) fail("the push request holds no modules: convex/ has no functions to deploy");
  console.log(
    `convex/ bundles for Convex: ${functions.length} modules, ${modules.length - functions.length} shared chunks`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function bundle(file) {
  const cli = join(dirname(createRequire(import.meta.url).resolve("convex/package.json")), "bin", "main.js");
  const deploy = ["deploy", "-y", "--url", NOWHERE, "--admin-key", "x", "--push-all-modules"];
  // Codegen would rewrite the committed convex/_generated; types are checked by `check:types`.
  const quiet = ["--codegen", "disable", "--typecheck", "disable", "--write-push-request", file];
  const { status } = spawnSync(process.execPath, [cli, ...deploy, ...quiet], { stdio: ["ignore", 2, 2] });
  if (status !== 0) fail(`the official bundler failed with exit code ${status} (see above)`);
  return JSON.parse(readFileSync(`${file}.json`, "utf8"));
}

function fail(text) {
  console.error(`bundleFunctions: ${text}`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}
