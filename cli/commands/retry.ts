import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { defined } from "../../domain/defined.ts";
import { printData } from "../output/print.ts";
import { jobOf } from "../subject.ts";

export function register(program: Command): void {
  program
    .command("retry")
    .description("Try a failed, skipped or canceled job again; what was skipped because of it comes back.")
    .argument("<job>", "handle like 12.3, or id")
    .option("--harness <profile>", "try this profile first")
    .action(async (typed, { harness }, command) => {
      const { backend, namespace, flags, settings } = openSession(command);
      const wish = defined({ namespace, job: jobOf(typed, settings), harness });
      const done = await backend.mutation(api.jobs.retry, wish);
      printData(
        done,
        ({ handle, cascade }) => `${handle} is pending again, with ${cascade.join(" → ")}`,
        flags,
      );
    });
}
