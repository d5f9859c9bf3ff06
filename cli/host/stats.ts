import type { Command } from "@commander-js/extra-typings";
import { type DataStats, dataStats } from "../../host/storage/dataStats.ts";
import { commonFlags } from "../commonOptions.ts";
import { droverHome } from "../keys/home.ts";
import { bytes } from "../output/bytes.ts";
import { color } from "../output/color.ts";
import { printData } from "../output/print.ts";
import { facts, table } from "../output/table.ts";
import { ago } from "../output/time.ts";
import { dataFileIn } from "../run/dataFile.ts";
import { hostWork } from "../run/hostWork.ts";

/** `drover host stats`: what the data file holds and what the host does. */
export function registerStats(host: Command): void {
  host
    .command("stats")
    .description("Count what the data file of this machine's host holds. Reads every document once.")
    .action(async (_options, command) => {
      const stats = await hostWork(() => dataStats(dataFileIn(droverHome())));
      printData(stats, text, commonFlags(command));
    });
}

function text(data: DataStats): string {
  const { lastCommitAt } = data;
  return [
    facts([
      ["file", data.file],
      ["size", `${bytes(data.fileBytes)}, ${bytes(data.freeBytes)} of it free; log ${bytes(data.logBytes)}`],
      ["last commit", lastCommitAt === null ? "none" : ago(lastCommitAt, Date.now())],
      ["answers", `${data.answers} kept for clients that send a mutation again`],
    ]),
    tables(data),
  ].join("\n\n");
}

function tables({ tables: all }: DataStats): string {
  const rows = all.map(({ name, documents, bytes: size, indexes }) => [
    name,
    String(documents),
    bytes(size),
    String(indexes),
  ]);
  return table([["TABLE", "DOCUMENTS", "BYTES", "INDEXES"].map((head) => color.dim(head)), ...rows]);
}
