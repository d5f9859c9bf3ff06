import type { Command } from "@commander-js/extra-typings";
import { toText } from "../../domain/report/text.ts";
import { api } from "../../convex/_generated/api.js";
import { type Backend, openBackend } from "../backend/client.ts";
import { commonFlags } from "../commonOptions.ts";
import { type CommonFlags, loadSettings, type Settings } from "../config/settings.ts";
import { withInterrupt } from "../interrupt.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { onClosedPipe, printData, say } from "../output/print.ts";
import { tuiMode } from "../taskRun/display.ts";
import { planLines, planText } from "../taskRun/dryRun.ts";
import { cutWarning, sayCut } from "../taskRun/doneBefore.ts";
import { declareProfiles, importRun, newRunId } from "../taskRun/importRun.ts";
import { readOrder, type RunOrder } from "../taskRun/order.ts";
import { runTasks } from "../taskRun/runTasks.ts";
import { type ReadTaskSettings, readTaskSettings } from "../taskRun/settings.ts";
import { verifyText } from "../taskRun/verify.ts";

export function register(program: Command): void {
  program
    .command("run")
    .description(
      "Run the tasks of task files and wait for their end. Ctrl+C stops them and leaves a whole report.",
    )
    .argument("[files...]", "task files or patterns")
    .option(
      "--tasks <file>",
      "task file or pattern, repeatable (default: runforge.json)",
      (one: string, all: string[]) => [...all, one],
      [] as string[],
    )
    .option("--workers <n>", "tasks at once; 0: one per task, at most 20 (default: 4)")
    .option("--repos-dir <dir>", "folder with the repos (default: .)")
    .option("--config <file>", "settings: .runforge.yml (default), or Drover's own config.json")
    .option("--filter <pattern>", "only tasks whose ids match: globs, {a,b}, several with commas")
    .option("--with-deps", "with --filter: also what the chosen tasks depend on")
    .option("--dry-run", "show the plan and run nothing")
    .option("--detach", "enqueue and return: runners of the namespace do the rest")
    .option("--local", "serve the run in this process, whoever else could")
    .option("--verify", "afterwards: make test and make lint in each repo")
    .option("--no-verify", "not so, whatever the settings say")
    .option("--max-runtime <time>", "longest time of one attempt (default: 30m)")
    .option("--idle-timeout <time>", "longest silence of an agent (default: 5m)")
    .option("--fail-fast", "start nothing more after the first failure")
    .option("--on-limit <what>", "stop or wait when all that is left is limited by quota (default: stop)")
    .option("--max-wait <time>", "wait for limits that end within this time")
    .option("--tui <mode>", "full, minimal, off or auto (default: auto)")
    .action(async (files, options, command) => {
      const { settings, task } = readSettings(command, options.reposDir);
      const tui = tuiMode(options.tui);
      const order = await readOrder({ ...options, tasks: [...files, ...options.tasks] }, { settings, task });
      const mode = options.dryRun === true ? "plan" : options.detach === true ? "detach" : "run";
      if (mode !== "detach") order.warnings.forEach((text) => say(`warning: ${text}`));
      if (mode === "plan") {
        const cut = cutWarning(order.cut);
        if (cut !== null) say(`warning: ${cut}`);
        return printData(planLines(order), (lines) => planText(lines, order), commonFlags(command));
      }
      if (mode === "detach") return enqueue(settings, order, commonFlags(command));
      const local = options.local === true || options.workers !== undefined || options.reposDir !== undefined;
      await runAttached({ settings, order, local, tui }, commonFlags(command));
    });
}

/** `--config` names either kind of settings; Drover's own are looked for as always. */
export function readSettings(
  command: { opts(): unknown },
  reposDir: string | undefined,
): { settings: Settings; task: ReadTaskSettings } {
  const flags = commonFlags(command);
  const isYaml = flags.config !== undefined && /\.ya?ml$/i.test(flags.config);
  const { config: _config, ...others } = flags;
  const settings = loadSettings(isYaml ? others : flags);
  return { settings, task: readTaskSettings(isYaml ? flags.config : undefined, reposDir) };
}

/** Runs an order here and prints how it ended; sets the exit code. */
export async function runAttached(
  call: { settings: Settings; order: RunOrder; local: boolean; tui: "full" | "minimal" | "off" },
  flags: CommonFlags,
): Promise<void> {
  const outcome = await withInterrupt((interrupt) => {
    interrupt.onAgain = () => say("stopping already: the report is being written");
    // Nobody reads any more what is said: the run ends as by Ctrl+C, with its report.
    onClosedPipe(interrupt.raise);
    return runTasks({ ...call, interrupt });
  }).finally(() => onClosedPipe(null));
  const { report, verified, folder, exitCode } = outcome;
  if (exitCode !== EXIT.ok) process.exitCode = exitCode;
  const { results: _results, ...totals } = report;
  printData(
    { run_dir: folder, exit_code: exitCode, ...totals, ...(verified.length > 0 ? { verified } : {}) },
    () => [toText(report), ...(verified.length > 0 ? [verifyText(verified)] : []), folder].join("\n"),
    flags,
  );
}

/** Puts an order into the queue of a backend that is there. */
export async function enqueue(settings: Settings, order: RunOrder, flags: CommonFlags): Promise<void> {
  order.warnings.forEach((text) => say(`warning: ${text}`));
  const runId = newRunId();
  const backend = openBackend(settings);
  await sayCut(backend, order);
  await declareProfiles(backend, order);
  const run = await withInterrupt(async ({ signal }) => {
    const run = await importRun(backend, order, { label: runId, runId, signal });
    if (signal.aborted) await abandon(backend, order.namespace, run.assignment);
    return run;
  });
  printData(
    { run: run.id, run_id: runId, assignment: run.assignment, tasks: run.tasks },
    ({ assignment, tasks }) =>
      `run ${assignment}: ${tasks} tasks are enqueued; \`drover watch ${assignment}\` follows them`,
    flags,
  );
}

async function abandon(backend: Backend, namespace: string, assignment: number): Promise<never> {
  const args = { namespace, assignment: String(assignment), status: "canceled" as const };
  await backend.mutation(api.assignments.update, args);
  throw new CliError(
    `interrupted: what was in (run ${assignment}) is canceled, nothing of it runs`,
    EXIT.interrupted,
  );
}
