import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import type { CommonFlags } from "../config/settings.ts";
import { checkBackend } from "../doctor/backend.ts";
import { checkJobs } from "../doctor/jobs.ts";
import type { Finding, Level } from "../doctor/finding.ts";
import { checkHarnesses } from "../doctor/harnesses.ts";
import { checkMachine } from "../doctor/machine.ts";
import { checkConfig, checkRepos } from "../doctor/repo.ts";
import { checkRoom } from "../doctor/room.ts";
import { checkTemplates } from "../doctor/templates.ts";
import { color } from "../output/color.ts";
import { EXIT } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { pad, wrap } from "../output/table.ts";

export function register(program: Command): void {
  program
    .command("doctor")
    .description("Check that everything needed is there, and say what to do about what is not.")
    .option("--fix", "mend what can be mended: open jobs that are stuck through a fault")
    .action(async ({ fix }, command) => {
      const flags = commonFlags(command);
      const findings = await examine(flags, fix === true);
      const failed = findings.filter(({ level }) => level === "fail").length;
      printData({ ok: failed === 0, findings }, () => findings.map(render).join("\n"), flags);
      say(failed === 0 ? "nothing is wrong" : `${failed} thing${failed === 1 ? "" : "s"} to repair`);
      if (failed > 0) process.exitCode = EXIT.failed;
    });
}

async function examine(flags: CommonFlags, fix: boolean): Promise<Finding[]> {
  const { findings, settings } = checkConfig(flags);
  const [machine, harnesses, templates, backend] = await Promise.all([
    checkMachine(),
    checkHarnesses(settings?.config ?? {}),
    checkTemplates(settings?.root ?? process.cwd()),
    settings === null ? [] : checkBackend(settings),
  ]);
  const jobs = settings === null ? [] : await checkJobs(settings, fix);
  const repos = settings === null ? [] : checkRepos(settings);
  const room = checkRoom(settings?.config ?? {});
  return [...machine, room, ...findings, ...backend, ...jobs, ...repos, ...harnesses, ...templates];
}

const MARKS: Readonly<Record<Level, string>> = {
  ok: color.green("✔"),
  note: color.dim("·"),
  warn: color.yellow("!"),
  fail: color.red("✘"),
};
/** Columns of the names: the longest common one fits. */
const NAME_COLUMNS = 17;
const INDENT = " ".repeat(NAME_COLUMNS + 3);

function render({ name, level, detail, fix }: Finding): string {
  const head = `${MARKS[level]} ${pad(name, NAME_COLUMNS)} `;
  // A name that is too long for its column pushes the first line only.
  const lines = wrap(detail, INDENT).trimStart();
  const advice = fix === undefined ? "" : `\n${wrap(`→ ${fix}`, INDENT)}`;
  return head + (level === "note" ? color.dim(lines) : lines) + advice;
}
