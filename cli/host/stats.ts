import type { Command } from "@commander-js/extra-typings";
import type { HostStats } from "../../host/http/statsRoute.ts";
import { type DataStats, dataStats } from "../../host/storage/dataStats.ts";
import { commonFlags } from "../commonOptions.ts";
import { type CommonFlags, loadSettings } from "../config/settings.ts";
import { droverHome } from "../keys/home.ts";
import { bytes } from "../output/bytes.ts";
import { color } from "../output/color.ts";
import { printData } from "../output/print.ts";
import { facts, table } from "../output/table.ts";
import { ago, duration } from "../output/time.ts";
import { dataFileIn } from "../run/dataFile.ts";
import { hostWork } from "../run/hostWork.ts";
import { askHost } from "./askHost.ts";

/** Functions that a person is shown; `--json` has all. */
const SHOWN_FUNCTIONS = 12;

interface Stats {
  data: DataStats;
  /** Null when no host of this machine answers at the address. */
  host: HostStats | null;
}

/** `drover host stats`: what the data file holds and what the host does. */
export function registerStats(host: Command): void {
  host
    .command("stats")
    .description(
      "Count what the data file of this machine's host holds (every document is read once), and what the host does.",
    )
    .option("--url <url>", "where the host answers (default: that of the configuration)")
    .action(async ({ url }, command) => {
      const home = droverHome();
      const flags: CommonFlags = { ...commonFlags(command), url };
      const live = askHost(loadSettings(flags).url, home);
      const stats = { data: await hostWork(() => dataStats(dataFileIn(home))), host: await live };
      printData<Stats>(stats, text, flags);
    });
}

function text({ data, host }: Stats): string {
  return [
    file(data),
    tables(data),
    ...(host === null ? ["no host answers"] : [work(host), functions(host)]),
  ].join("\n\n");
}

function file(data: DataStats): string {
  const { lastCommitAt } = data;
  return facts([
    ["file", data.file],
    ["size", `${bytes(data.fileBytes)}, ${bytes(data.freeBytes)} of it free; log ${bytes(data.logBytes)}`],
    ["last commit", lastCommitAt === null ? "none" : ago(lastCommitAt, Date.now())],
    ["answers", `${data.answers} kept for clients that send a mutation again`],
  ]);
}

function tables({ tables: all }: DataStats): string {
  const rows = all.map(({ name, documents, bytes: size, indexes }) => [
    name,
    String(documents),
    bytes(size),
    String(indexes),
  ]);
  return withHead(["TABLE", "DOCUMENTS", "BYTES", "INDEXES"], rows);
}

function work(host: HostStats): string {
  return facts([
    ["up", duration(host.upMs)],
    ["commits", `${host.commits}, ${host.commitsPerSecond.toFixed(1)}/s in the last 10 s`],
    ["sockets", String(host.sockets)],
    ["subscriptions", `${host.subscriptions} of ${host.queries} queries`],
    ["memory", bytes(host.memoryBytes)],
  ]);
}

function functions({ functions: all }: HostStats): string {
  const rows = all
    .slice(0, SHOWN_FUNCTIONS)
    .map(({ path, calls, failures, meanMs, maxMs }) => [
      path,
      String(calls),
      String(failures),
      `${meanMs.toFixed(1)} ms`,
      `${maxMs} ms`,
    ]);
  return withHead(["FUNCTION", "CALLS", "FAILED", "MEAN", "MAX"], rows);
}

function withHead(head: string[], rows: string[][]): string {
  return table([head.map((name) => color.dim(name)), ...rows]);
}
