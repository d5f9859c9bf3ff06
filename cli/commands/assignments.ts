import { Option, type Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { ASSIGNMENT_STATES } from "../../domain/assignmentState.ts";
import { openSession } from "../backend/session.ts";
import { limitOption } from "../input.ts";
import { printData } from "../output/print.ts";
import { renderAssignments } from "../views/assignmentView.ts";

export function register(program: Command): void {
  program
    .command("assignments")
    .description("List assignments, newest first.")
    .addOption(new Option("--status <status>", "only those in this state").choices(ASSIGNMENT_STATES))
    .option("--limit <n>", "at most this many")
    .action(async ({ status, limit }, command) => {
      const { backend, namespace, flags } = openSession(command);
      const filter = { ...(status === undefined ? {} : { status }), ...limitOption(limit) };
      const list = await backend.query(api.assignments.list, { namespace, ...filter });
      printData(list, (value) => renderAssignments(value, Date.now()), flags);
    });
}
