import type { Command } from "@commander-js/extra-typings";
import type { FunctionReturnType } from "convex/server";
import { api } from "../../convex/_generated/api.js";
import { openBackend } from "../backend/client.ts";
import { commonFlags } from "../commonOptions.ts";
import { DEFAULT_NAMESPACE, loadSettings } from "../config/settings.ts";
import { limitOption } from "../input.ts";
import { printData } from "../output/print.ts";
import { ago } from "../output/time.ts";

type RunView = FunctionReturnType<typeof api.runs.list>[number];

export function register(program: Command): void {
  program
    .command("runs")
    .description("List the runs of the namespace, newest first.")
    .option("--limit <n>", "how many at most")
    .action(async (options, command) => {
      const flags = commonFlags(command);
      const settings = loadSettings(flags);
      const namespace = settings.namespace ?? DEFAULT_NAMESPACE;
      const runs = await openBackend(settings).query(api.runs.list, {
        namespace,
        ...limitOption(options.limit),
      });
      printData(runs, (all) => (all.length === 0 ? "no runs" : all.map(runLine).join("\n")), flags);
    });
}

/** One run as one line. */
export function runLine({ assignment, label, status, tasks, createdAt }: RunView): string {
  return `${assignment}  ${label}  ${status}  ${tasks} tasks  ${ago(createdAt, Date.now())}`;
}
