import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { printData } from "../output/print.ts";
import { renderQueue } from "../views/queueView.ts";

export function register(program: Command): void {
  program
    .command("queue")
    .description("Show the state of the queue: counts, what runs, and what is stuck and why.")
    .action(async (_options, command) => {
      const { backend, namespace, flags } = openSession(command);
      const status = await backend.query(api.scheduler.queueStatus, { namespace });
      printData(status, (value) => renderQueue(value, Date.now()), flags);
    });
}
