import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { packageRoot } from "../config/packageRoot.ts";
import { printData } from "../output/print.ts";

export function register(program: Command): void {
  program
    .command("version")
    .description("Print the version of Drover, the commit it was built from and the version of Node.")
    .action((_options, command) => {
      const { version, commit } = readVersion();
      const known = { version, commit, node: process.versions.node };
      const human = () =>
        `drover ${version}${commit === null ? "" : ` (${commit.slice(0, 10)})`}, node ${known.node}`;
      printData(known, human, commonFlags(command));
    });
}

/** The version of this package; the commit is known where the build wrote it down. */
export function readVersion(): { version: string; commit: string | null } {
  const read = (file: string) =>
    JSON.parse(readFileSync(join(packageRoot(), file), "utf8")) as Record<string, unknown>;
  const { version } = read("package.json");
  return { version: String(version), commit: commitOf(read) };
}

function commitOf(read: (file: string) => Record<string, unknown>): string | null {
  try {
    const { commit } = read("dist/build.json");
    return typeof commit === "string" ? commit : null;
  } catch {
    return null;
  }
}
