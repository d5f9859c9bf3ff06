import type { Command } from "@commander-js/extra-typings";
import {
  findPlaybook,
  listPlaybooks,
  playbookTable,
  usePlaybook,
} from "../../portfolio/playbook/playbooks.ts";
import { CliError } from "../output/errors.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer } from "../output/printAnswer.ts";

/** `drover playbook …`: guides for work in several steps. */
export function register(program: Command): void {
  const playbook = program.command("playbook").description("step-by-step guides that become plans");
  common(playbook.command("list").description("the playbooks that exist")).action(async (flags) => {
    printAnswer(await orCliError(() => listPlaybooks(flags.workspace)), playbookTable, flags);
  });
  common(playbook.command("show").description("print a playbook"))
    .argument("<name>", "name of the playbook")
    .action(async (name, flags) => {
      printAnswer(await orCliError(() => findPlaybook(flags.workspace, name)), (one) => one.text, flags);
    });
  common(playbook.command("use").description("fill a playbook in; the result is a plan"))
    .argument("<name>", "name of the playbook")
    .option("--repo <name>", "value of {{repo}}")
    .option("--goal <text>", "value of {{goal}}")
    .option("--set <key=value>", "value of another placeholder, repeatable", collect, {})
    .option("--output <file>", "write the plan to this file")
    .action(async (name, flags) => {
      const values = {
        ...flags.set,
        ...(flags.repo ? { repo: flags.repo } : {}),
        ...(flags.goal ? { goal: flags.goal } : {}),
      };
      const answer = await orCliError(() => usePlaybook({ ...flags, name, values }));
      if (answer.written !== null) say(`wrote ${answer.written}`);
      printAnswer(answer, (one) => one.text, flags);
    });
}

function collect(pair: string, earlier: Record<string, string>): Record<string, string> {
  const at = pair.indexOf("=");
  if (at < 1) throw new CliError(`--set ${pair}: expected key=value`, 2);
  return { ...earlier, [pair.slice(0, at)]: pair.slice(at + 1) };
}

function common(command: Command) {
  return command
    .option("--workspace <dir>", "folder that may hold playbooks/ (default: .)")
    .option("--format <format>", "text or json (default: text; json when stdout is no terminal)")
    .option("--json", "print JSON");
}
