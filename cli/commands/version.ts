import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { packageRoot } from "../config/packageRoot.ts";
import { printData } from "../output/print.ts";

export function register(program: Command): void {
  program
    .command("version")
    .description(
      "Print the version of Drover, the commit and the time of its build, and the version of Node.",
    )
    .action((_options, command) => {
      const { version, commit, built } = readVersion();
      const known = { version, commit, built, node: process.versions.node };
      const build = [commit?.slice(0, 10), built?.slice(0, 10)].filter((one) => one !== undefined).join(", ");
      const human = () => `drover ${version}${build === "" ? "" : ` (${build})`}, node ${known.node}`;
      printData(known, human, commonFlags(command));
    });
}

/** The version of this package; commit and time of the build are known where it wrote them down. */
export function readVersion(): { version: string; commit: string | null; built: string | null } {
  const read = (file: string) =>
    JSON.parse(readFileSync(join(packageRoot(), file), "utf8")) as Record<string, unknown>;
  const { version } = read("package.json");
  return { version: String(version), ...buildOf(read) };
}

function buildOf(read: (file: string) => Record<string, unknown>) {
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  try {
    const { commit, built } = read("dist/build.json");
    return { commit: text(commit), built: text(built) };
  } catch {
    return { commit: null, built: null };
  }
}
