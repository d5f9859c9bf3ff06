import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { printData } from "../output/print.ts";
import { jobState } from "../output/states.ts";
import { jobOf } from "../subject.ts";

export function register(program: Command): void {
  program
    .command("retry")
    .description("Try a failed, skipped or canceled job again; what was skipped because of it comes back.")
    .argument("<job>", "handle like 12.3, or id")
    .action(async (typed, _options, command) => {
      const { backend, namespace, flags, settings } = openSession(command);
      const job = await backend.mutation(api.jobs.retry, { namespace, job: jobOf(typed, settings) });
      printData(job, (j) => `job ${j.handle} is ${jobState(j.status)} again`, flags);
    });
}
