import type { Command } from "@commander-js/extra-typings";
import { listWorkflows, runWorkflow } from "../../portfolio/workflow/runWorkflow.ts";
import { workflowRunText, workflowTable } from "../../portfolio/workflow/tables.ts";
import { CliError } from "../output/errors.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { printAnswer } from "../output/printAnswer.ts";

/** `drover workflow …`: the named step lists of config/workflows.json. */
export function register(program: Command): void {
  const workflow = program
    .command("workflow")
    .description("named steps over one repo (config/workflows.json)");
  common(workflow.command("list").description("the workflows that exist")).action(async (flags) => {
    printAnswer(await orCliError(() => listWorkflows(flags)), workflowTable, flags);
  });
  common(workflow.command("run").description("run a workflow on a repo; output goes to a log file"))
    .argument("<name>", "name of the workflow")
    .argument("<repo>", "name of the repo")
    .action(async (name, repo, flags) => {
      const stop = new AbortController();
      const onSignal = () => stop.abort();
      process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
      const answer = await orCliError(() =>
        runWorkflow({ ...flags, name, repo, signal: stop.signal }),
      ).finally(() => process.off("SIGINT", onSignal).off("SIGTERM", onSignal));
      printAnswer(answer, workflowRunText, flags);
      if (!answer.success)
        throw new CliError(
          `workflow ${name} did not succeed on ${repo}; log: ${answer.log_file}`,
          stop.signal.aborted ? 130 : 1,
        );
    });
}

function common(command: Command) {
  return command
    .option("--workspace <dir>", "folder with config/ (default: .)")
    .option("--repos-dir <dir>", "take the repos found in this folder instead of config/repos.json")
    .option("--format <format>", "text or json (default: text; json when stdout is no terminal)")
    .option("--json", "print JSON");
}
