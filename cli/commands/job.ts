import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { printData } from "../output/print.ts";
import { jobOf } from "../subject.ts";
import { renderJob } from "../views/jobView.ts";

export function register(program: Command): void {
  program
    .command("job")
    .description("Show one job: context, result, attempts and what it waits for.")
    .argument("[job]", "handle like 12.3, or id (inside a job the environment names it)")
    .action(async (typed, _options, command) => {
      const { backend, namespace, flags, settings } = openSession(command);
      const detail = await backend.query(api.jobs.get, { namespace, job: jobOf(typed, settings) });
      printData(detail, (value) => renderJob(value, Date.now()), flags);
    });
}
