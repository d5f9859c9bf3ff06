import { Option, type Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { BLOCK_OWNERS, type BlockOwner } from "../../domain/assignmentState.ts";
import { openSession } from "../backend/session.ts";
import { defined } from "../../domain/defined.ts";
import { checkText, parseWhole } from "../input.ts";
import { usageError } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { assignmentState } from "../output/states.ts";
import { assignmentOf } from "../subject.ts";

const STATUSES = ["active", "blocked", "complete", "failed", "canceled"] as const;

interface Change {
  status?: (typeof STATUSES)[number] | undefined;
  reason?: string | undefined;
  owner?: BlockOwner | undefined;
  artifacts?: string | undefined;
  decisions?: string | undefined;
  priority?: string | undefined;
}

const REASON = ["--reason <text>", "why it is blocked, and what is needed"] as const;
const TARGET = ["[assignment]", "number or id (inside a job the environment names it)"] as const;

export function register(program: Command): void {
  program
    .command("update-assignment")
    .description("Complete, block or resume an assignment, or write down its decisions and artifacts.")
    .argument(...TARGET)
    .addOption(
      new Option("--status <status>", "the new state; active resumes a blocked one").choices(STATUSES),
    )
    .option(...REASON)
    .addOption(new Option("--owner <who>", "who must act on a blocked one").choices(BLOCK_OWNERS))
    .option("--artifacts <text>", "replaces the list of what exists now")
    .option("--decisions <text>", "replaces the list of what was decided")
    .option("--priority <n>", "lower runs first")
    .action((typed, { status, reason, owner, artifacts, decisions, priority }, command) =>
      update(typed, { status, reason, owner, artifacts, decisions, priority }, command),
    );
  registerOldNames(program);
}

/** The names of the first workflow engine; hidden, because `update-assignment` says the same. */
function registerOldNames(program: Command): void {
  const old = (name: string, description: string) =>
    program
      .command(name, { hidden: true })
      .description(description)
      .argument(...TARGET);
  old("complete", "Same as update-assignment --status complete.").action((typed, _options, command) =>
    update(typed, { status: "complete" }, command),
  );
  old("block", "Same as update-assignment --status blocked.")
    .option(...REASON)
    .action((typed, options, command) =>
      update(typed, { reason: options.reason, status: "blocked" }, command),
    );
  old("unblock", "Same as update-assignment --status active.").action((typed, _options, command) =>
    update(typed, { status: "active" }, command),
  );
}

async function update(
  typed: string | undefined,
  change: Change,
  command: { opts(): unknown },
): Promise<void> {
  const { backend, namespace, flags, settings } = openSession(command);
  const args = { namespace, assignment: assignmentOf(typed, settings), ...checked(change) };
  const after = await backend.mutation(api.assignments.update, args);
  printData(after, (a) => `assignment ${a.number} is ${assignmentState(a.status)}`, flags);
}

/** The arguments of a change. @throws CliError (exit 2) for one that says nothing or lacks its reason */
function checked({ priority, reason, ...change }: Change) {
  checkReason({ reason, ...change });
  const args = defined({
    ...change,
    reason: reason === undefined ? undefined : checkText(reason, "--reason"),
    priority: priority === undefined ? undefined : parseWhole(priority, "--priority"),
  });
  if (Object.keys(args).length > 0) return args;
  throw usageError("nothing to change: give --status, --decisions, --artifacts or --priority");
}

function checkReason({ status, reason, owner }: Change): void {
  if (status === "blocked") {
    if (reason !== undefined && reason.trim() !== "") return;
    throw usageError("--status blocked needs --reason: say what is needed and from whom");
  }
  if (reason !== undefined) throw usageError("--reason goes with --status blocked");
  if (owner !== undefined) throw usageError("--owner goes with --status blocked");
}
