import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { printData } from "../output/print.ts";
import { renderRunners } from "../views/runnersView.ts";

export function register(program: Command): void {
  program
    .command("runners")
    .description("List the runners that serve the namespace, what they offer and whether they are there.")
    .option("--drain <name>", "tell this one to claim nothing more and to stop when it is done")
    .action(async ({ drain }, command) => {
      const { backend, namespace, flags } = openSession(command);
      if (drain !== undefined) await backend.mutation(api.runners.drain, { namespace, runner: drain });
      const runners = await backend.query(api.runners.list, { namespace });
      printData(runners, (list) => renderRunners(list, Date.now()), flags);
    });
}
