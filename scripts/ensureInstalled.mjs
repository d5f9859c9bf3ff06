// Makes `npm start` and `npm test` work on a fresh clone: installs the locked packages when there are none.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// npm writes this file last, so an installation that was interrupted is not taken for a whole one.
if (!existsSync(join(root, "node_modules", ".package-lock.json"))) {
  console.error("drover: first start, installing packages (npm ci) ...");
  const { status } = spawnSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error("drover: npm ci failed (see above). Check the network and run `npm ci` by hand.");
    process.exit(1);
  }
}
