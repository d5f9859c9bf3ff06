import { Option, type Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { JOB_STATES } from "../../domain/jobState.ts";
import { repairJobs, type Repair } from "../backend/repairJobs.ts";
import { openSession } from "../backend/session.ts";
import { limitOption } from "../input.ts";
import { EXIT } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { renderJobs } from "../views/jobView.ts";

export function register(program: Command): void {
  const jobs = program.command("jobs").description("List jobs, and repair what is stuck.");
  jobs
    .command("repair")
    .description("Find open jobs whose facts do not fit together, and mend them.")
    .option("--dry-run", "only say what would be mended")
    .action(async ({ dryRun }, command) => {
      const { backend, namespace, flags } = openSession(command);
      const repair = await repairJobs(backend, namespace, dryRun !== true);
      printData(repair, renderRepair, flags);
      if (dryRun === true && repair.found.length > 0) process.exitCode = EXIT.stuck;
    });
  jobs
    .command("list", { isDefault: true })
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

function renderRepair({ looked, found }: Repair): string {
  const lines = found.map(({ handle, text }) => `${handle}: ${text}`);
  return [...lines, `${found.length} of ${looked} open jobs needed repair`].join("\n");
}
