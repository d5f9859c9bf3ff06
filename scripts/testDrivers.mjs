/**
 * The tests of the host's storage on the other Nodes that Drover runs on: 22 and 24 have SQLite themselves
 * (`node:sqlite`), so the same suite runs on both drivers there. The npm package `node` carries the binaries.
 */
import { spawnSync } from "node:child_process";

const NODES = ["22.23.3", "24.21.0"];
const TESTS = ["run", "--project", "host", "host/storage", "host/database"];

for (const version of NODES) {
  console.error(`storage tests on Node ${version}`);
  const words = ["exec", "--yes", `--package=node@${version}`, "--"];
  const { status } = spawnSync("npm", [...words, "node", "node_modules/vitest/vitest.mjs", ...TESTS], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}
