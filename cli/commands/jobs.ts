import { Option, type Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { JOB_STATES } from "../../domain/jobState.ts";
import { openSession } from "../backend/session.ts";
import { limitOption } from "../input.ts";
import { printData } from "../output/print.ts";
import { renderJobs } from "../views/jobView.ts";

export function register(program: Command): void {
  program
    .command("jobs")
    .description("List jobs, newest first.")
    .addOption(new Option("--status <status>", "only those in this state").choices(JOB_STATES))
    .option("--limit <n>", "at most this many")
    .action(async ({ status, limit }, command) => {
      const { backend, namespace, flags } = openSession(command);
      const filter = { ...(status === undefined ? {} : { status }), ...limitOption(limit) };
      const list = await backend.query(api.jobs.list, { namespace, ...filter });
      printData(list, (value) => renderJobs(value, Date.now()), flags);
    });
}
