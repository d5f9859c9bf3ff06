import { Option, type Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { defined } from "../../domain/defined.ts";
import { checkText, parseWhole, readTextInput } from "../input.ts";
import { usageError } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";

export function register(program: Command): void {
  program
    .command("create")
    .description("Create an assignment. Its north star is what everything done for it is measured by.")
    .argument("[north_star]", "what you want, in quotes")
    .option("--file <file>", "read the north star from a file, or - for stdin")
    .option("--priority <n>", "lower runs first (default: 10)")
    .option("--independent", "may run beside other assignments of the namespace")
    .addOption(
      new Option("--policy <policy>", "who adds follow-up jobs: a PM after each job, or nobody").choices([
        "pm",
        "static",
      ] as const),
    )
    .option("--key <text>", "create at most once under this key")
    .action(async (typed, options, command) => {
      const northStar = northStarOf(typed, options.file);
      const { backend, namespace, flags } = openSession(command);
      const { independent, policy, key, priority } = options;
      const made = await backend.mutation(
        api.assignments.create,
        defined({
          ...{ namespace, northStar, independent, policy, key },
          priority: priority === undefined ? undefined : parseWhole(priority, "--priority"),
        }),
      );
      printData(
        made,
        ({ number, created }) => `${created ? "created" : "there already:"} assignment ${number}`,
        flags,
      );
      say(`next: drover insert-job ${made.number} --type plan --context "..."`);
    });
}

/** The north star from the command line or a file. @throws CliError (exit 2) */
export function northStarOf(typed: string | undefined, file: string | undefined): string {
  if (typed !== undefined && file !== undefined) throw usageError("give the north star or --file, not both");
  if (file !== undefined) return checkText(readTextInput(file, "--file"), "the north star");
  if (typed === undefined) throw usageError('what do you want? For example: drover create "Add a dark mode"');
  return checkText(typed, "the north star");
}
