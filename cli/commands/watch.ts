import type { Command } from "@commander-js/extra-typings";
import { openSession } from "../backend/session.ts";
import { watchQueue } from "../follow/watchQueue.ts";

export function register(program: Command): void {
  program
    .command("watch")
    .description("Follow the queue live until Ctrl+C. Without a terminal: one line of JSON per change.")
    .action(async (_options, command) => {
      process.exitCode = await watchQueue(openSession(command));
    });
}
