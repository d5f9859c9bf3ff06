import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rate } from "./measure.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** What a person waits for: whole processes of the built package, from start to exit. */
export async function coldStarts(host, folder, count) {
  execFileSync(process.execPath, [join(root, "scripts", "build.mjs")], { cwd: root, stdio: "ignore" });
  const home = mkdtempSync(join(folder, "home-"));
  const env = { ...process.env, DROVER_HOME: home, DROVER_URL: host.url, DROVER_TOKEN: host.token };
  const call = (args) => async () => {
    await run(process.execPath, [join(root, "bin", "drover.mjs"), ...args], { cwd: home, env });
  };
  const results = {};
  for (const [name, args] of [
    ["drover --version", ["--version"]],
    ["drover queue", ["queue", "--namespace", "bench"]],
    ["node (an empty program)", null],
  ]) {
    const one = args === null ? () => run(process.execPath, ["-e", "0"]) : call(args);
    await one(); // Files come into the page cache.
    results[name] = await rate(count, 1, one);
  }
  return results;
}
