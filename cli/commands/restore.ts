import type { Command } from "@commander-js/extra-typings";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { restoreBackup, type Restored } from "../../host/storage/backup.ts";
import { commonFlags } from "../commonOptions.ts";
import { droverHome, HOME_MODE } from "../keys/home.ts";
import { bytes } from "../output/bytes.ts";
import { printData } from "../output/print.ts";
import { ago } from "../output/time.ts";
import { dataFileIn } from "../run/dataFile.ts";
import { hostWork } from "../run/hostWork.ts";

export function register(program: Command): void {
  program
    .command("restore")
    .argument("<file>", "a backup that `drover backup` has written")
    .description(
      "Put a backup in the place of this machine's queue. What was there is kept beside it. " +
        "While a host runs this is refused, or waits for its next start.",
    )
    .option("--at-next-start", "a host may be running: it takes the backup over when it next starts", false)
    .action(async (file, { atNextStart }, command) => {
      const dataFile = dataFileIn(droverHome());
      mkdirSync(dirname(dataFile), { recursive: true, mode: HOME_MODE });
      const restored = await hostWork(() => restoreBackup(file, dataFile, { atNextStart }));
      printData(restored, text, commonFlags(command));
    });
}

function text({ file, bytes: size, lastCommitAt, isInPlace, kept }: Restored): string {
  const last = lastCommitAt === null ? "no commit" : `last commit ${ago(lastCommitAt, Date.now())}`;
  if (!isInPlace) return `the host takes the backup (${bytes(size)}, ${last}) over when it next starts`;
  return `restored ${file} (${bytes(size)}, ${last}); ${kept ?? ""}`;
}
