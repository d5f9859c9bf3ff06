import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { readOrder } from "../taskRun/order.ts";
import { enqueue, readSettings } from "./run.ts";

export function register(program: Command): void {
  program
    .command("import")
    .description("Put the tasks of task files into the queue, for the runners of the namespace.")
    .argument("<files...>", "task files or patterns")
    .option("--repos-dir <dir>", "folder with the repos, for settings that lie there")
    .option("--config <file>", "settings: .runforge.yml (default), or Drover's own config.json")
    .option("--filter <pattern>", "only tasks whose ids match")
    .option("--with-deps", "with --filter: also what the chosen tasks depend on")
    .option("--max-runtime <time>", "longest time of one attempt (default: 30m)")
    .option("--idle-timeout <time>", "longest silence of an agent (default: 5m)")
    .option("--fail-fast", "start nothing more after the first failure")
    .action(async (files, options, command) => {
      const { settings, task } = readSettings(command, options.reposDir);
      const order = await readOrder({ ...options, tasks: files }, { settings, task });
      await enqueue(settings, order, commonFlags(command));
    });
}
