import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { printData } from "../output/print.ts";
import { assignmentOf } from "../subject.ts";
import { renderAssignment } from "../views/assignmentView.ts";

export function register(program: Command): void {
  program
    .command("assignment")
    .description("Show one assignment: north star, status, decisions, artifacts and jobs.")
    .argument("[assignment]", "number or id (inside a job the environment names it)")
    .action(async (typed, _options, command) => {
      const { backend, namespace, flags, settings } = openSession(command);
      const assignment = assignmentOf(typed, settings);
      const detail = await backend.query(api.assignments.get, { namespace, assignment });
      printData(detail, (value) => renderAssignment(value, Date.now()), flags);
    });
}
