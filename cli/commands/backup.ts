import type { Command } from "@commander-js/extra-typings";
import { type Backup, backUp } from "../../host/storage/backup.ts";
import { commonFlags } from "../commonOptions.ts";
import { droverHome } from "../keys/home.ts";
import { bytes } from "../output/bytes.ts";
import { printData } from "../output/print.ts";
import { ago } from "../output/time.ts";
import { dataFileIn } from "../run/dataFile.ts";
import { hostWork } from "../run/hostWork.ts";

export function register(program: Command): void {
  program
    .command("backup")
    .argument("<file>", "the backup to write; an existing file is never replaced")
    .description(
      "Write a checked copy of this machine's queue (the data file of the embedded host) while the host goes on. " +
        "Keys are not in it: they stay in DROVER_HOME.",
    )
    .action(async (file, _options, command) => {
      const written = await hostWork(() => backUp(dataFileIn(droverHome()), file));
      printData(written, text, commonFlags(command));
    });
}

function text({ file, bytes: size, lastCommitAt }: Backup): string {
  const last = lastCommitAt === null ? "it holds no commit" : `last commit ${ago(lastCommitAt, Date.now())}`;
  return `backup in ${file} (${bytes(size)}, ${last})`;
}
