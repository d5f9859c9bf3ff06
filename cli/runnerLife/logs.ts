import { readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "@commander-js/extra-typings";
import { tailFile } from "../../runner/process/tailFile.ts";
import { withInterrupt } from "../interrupt.ts";
import { parseWhole } from "../input.ts";
import { CliError, EXIT, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { printText } from "../output/printText.ts";
import { runnerName } from "../run/runnerOptions.ts";
import { localRunner } from "./local.ts";

/** How often a log is looked at for having been put aside, ms. */
const LOOK_MS = 500;

/** `runner logs`. */
export function registerLogs(runner: Command): void {
  runner
    .command("logs")
    .description("The last lines of the log of a runner of this machine.")
    .option("--name <name>", "its name (default: the machine's)")
    .option("-n, --lines <n>", "how many", "50")
    .option("-f, --follow", "go on with what is written, until Ctrl+C")
    .action(async ({ name, lines, follow }) => {
      const { log } = await localRunner(runnerName(name));
      const count = parseWhole(lines, "--lines");
      const { text, end } = tailOf(log, count);
      printText(text);
      if (follow === true) process.exitCode = await followFile(log, end);
    });
}

/** The last `count` lines of a log. @throws CliError when there is none */
export function lastLines(file: string, count: number): string {
  return tailOf(file, count).text;
}

/** `end`: the bytes that were read, behind which following goes on. */
function tailOf(file: string, count: number): { text: string; end: number } {
  try {
    const bytes = readFileSync(file);
    const lines = bytes.toString("utf8").trimEnd().split("\n");
    return { text: lines.slice(Math.max(0, lines.length - count)).join("\n"), end: bytes.length };
  } catch {
    throw new CliError(`there is no log at ${file}: has this runner ever run here?`, EXIT.usage);
  }
}

/** A runner that starts with a large log puts it aside: then the new file is followed from its beginning. */
async function followFile(file: string, from: number): Promise<ExitCode> {
  return withInterrupt(async ({ signal }) => {
    for (let start = from; !signal.aborted; start = 0) {
      const inode = inodeOf(file);
      const tail = tailFile(file, {
        from: start,
        onBytes: (bytes) => void process.stdout.write(Buffer.from(bytes)),
        onError: (error) => say(`cannot read ${file}: ${(error as Error).message}`),
      });
      while (!signal.aborted && [inode, undefined].includes(inodeOf(file)))
        await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      await tail.stop();
    }
    return EXIT.interrupted;
  });
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
