import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { printData } from "../output/print.ts";
import { jobOf } from "../subject.ts";
import { renderExplanation } from "../views/jobView.ts";

export function register(program: Command): void {
  program
    .command("explain")
    .description("Say why a job is not running, and what will move it next.")
    .argument("[job]", "handle like 12.3, or id")
    .action(async (typed, _options, command) => {
      const { backend, namespace, flags, settings } = openSession(command);
      const explanation = await backend.query(api.jobs.explain, { namespace, job: jobOf(typed, settings) });
      printData(explanation, (value) => renderExplanation(value, Date.now()), flags);
    });
}
