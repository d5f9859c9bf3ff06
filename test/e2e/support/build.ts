/** Builds once, before all end-to-end tests, what the launcher runs: a hundred of calls through tsx take minutes. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const BUILD = fileURLToPath(new URL("../../../scripts/build.mjs", import.meta.url));

export default function build(): void {
  execFileSync(process.execPath, [BUILD], { stdio: "pipe" });
}
