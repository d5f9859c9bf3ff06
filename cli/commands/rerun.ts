import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { say } from "../output/print.ts";
import { reportOfRun } from "../reports/findRun.ts";
import { tuiMode } from "../taskRun/display.ts";
import { rerunOrder } from "../taskRun/rerun.ts";
import { readSettings, runAttached } from "./run.ts";

export function register(program: Command): void {
  program
    .command("rerun")
    .description(
      "Run again what failed, was skipped or limited in a run, with the profiles and settings that it had.",
    )
    .argument("[run]", "folder or time stamp of the run (default: the newest)")
    .option("--run-dir <dir>", "the same as an option")
    .option("--workers <n>", "tasks at once; 0: as before", "0")
    .option("--repos-dir <dir>", "folder with the repos (default: as before)")
    .option("--config <file>", "settings: .runforge.yml (default), or Drover's own config.json")
    .option("--max-runtime <time>", "longest time of one attempt (default: as before)")
    .option("--idle-timeout <time>", "longest silence of an agent (default: as before)")
    .option("--fail-fast", "start nothing more after the first failure")
    .option("--verify", "afterwards: make test and make lint in each repo")
    .option("--no-verify", "not so, whatever the run had")
    .option("--on-limit <what>", "stop or wait when all that is left is limited by quota (default: stop)")
    .option("--max-wait <time>", "wait for limits that end within this time")
    .option("--tui <mode>", "full, minimal, off or auto (default: auto)")
    .action(async (run, { runDir, ...flags }, command) => {
      const source = await reportOfRun(run ?? runDir);
      const { settings, task } = readSettings(command, flags.reposDir);
      const tui = tuiMode(flags.tui);
      const order = rerunOrder(source, { ...flags, tasks: [] }, { settings, task });
      order.warnings.forEach((text) => say(`warning: ${text}`));
      await runAttached({ settings, order, local: true, tui }, commonFlags(command));
    });
}
