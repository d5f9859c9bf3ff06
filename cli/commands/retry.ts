import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { defined } from "../defined.ts";
import { printData } from "../output/print.ts";

export function register(program: Command): void {
  program
    .command("retry")
    .description(
      "Give a job that failed, was skipped or canceled another chance; what was skipped because of it comes back.",
    )
    .argument("<job>", "handle or id of the job")
    .option("--harness <profile>", "try this profile first")
    .action(async (typed, { harness }, command) => {
      const { backend, namespace, flags } = openSession(command);
      const job = typed.trim().replace(/^#/, "");
      const done = await backend.mutation(api.jobs.retry, defined({ namespace, job, harness }));
      printData(
        done,
        ({ handle, cascade }) => `${handle} is pending again, with ${cascade.join(" → ")}`,
        flags,
      );
    });
}
