import type { Command } from "@commander-js/extra-typings";
import {
  listRepos,
  reposJob,
  reposStatus,
  reposSync,
  type RoundAnswer,
  type StatusAnswer,
} from "../../portfolio/repos/runRepos.ts";
import { listTable, resultsTable, statusTable } from "../../portfolio/repos/tables.ts";
import { CliError } from "../output/errors.ts";
import { orCliError } from "../output/portfolioErrors.ts";
import { say } from "../output/print.ts";
import { printAnswer, type FormatFlags } from "../output/printAnswer.ts";
import { progressLine } from "../output/progress.ts";

/** `drover repos …`: list, git state, builds, tests and sync of many repos. */
export function register(program: Command): void {
  const repos = program.command("repos").description("git state, builds and tests of all managed repos");
  registerList(repos);
  registerStatus(repos);
  for (const job of ["build", "test"] as const) registerJob(repos, job);
  registerSync(repos);
}

function registerList(repos: Command): void {
  common(
    repos.command("list").description("the managed repos (config/repos.json, or found with --repos-dir)"),
  )
    .option("--save", "write the repos that were found as config/repos.json")
    .action(async (flags) => {
      const answer = await orCliError(() => listRepos(flags));
      if (answer.saved !== null) say(`wrote ${answer.saved}`);
      printAnswer(answer.repos, listTable, flags);
    });
}

function registerStatus(repos: Command): void {
  for (const { name, save, description } of [
    { name: "status", save: false, description: "git state of all repos as a table" },
    { name: "scan", save: true, description: "the same, written to state/repo-status.json too" },
  ]) {
    common(repos.command(name).description(description)).action(async (flags) => {
      const progress = progressLine("asked");
      const answer = await orCliError(() =>
        reposStatus({ ...flags, parallel: flags.jobs, save, onDone: progress.tick }),
      ).finally(progress.end);
      if (answer.written !== null) say(`wrote ${answer.written}`);
      printStatus(answer, flags);
    });
  }
}

function registerJob(repos: Command, job: "build" | "test"): void {
  common(repos.command(job).description(`${job} one repo, or all with --all; output goes to log files`))
    .argument("[repo]", "name of the repo")
    .option("--all", `${job} every repo that has a ${job} command`)
    .action(async (repo, flags) => {
      const answer = await round(`${job} done:`, (wiring) =>
        reposJob({ ...flags, ...wiring, parallel: flags.jobs, job, repo }),
      );
      finish(answer, flags);
    });
}

function registerSync(repos: Command): void {
  common(repos.command("sync").description("fetch and fast-forward one repo or all"))
    .argument("[repo]", "name of the repo (default: all)")
    .action(async (repo, flags) => {
      const answer = await round("synced", (wiring) =>
        reposSync({ ...flags, ...wiring, parallel: flags.jobs, repo }),
      );
      finish(answer, flags);
    });
}

type Wiring = { signal: AbortSignal; onDone: (name: string, done: number, total: number) => void };

/** Ctrl+C ends the children first: each runs in a process group of its own and would not hear it otherwise. */
async function round(
  verb: string,
  work: (wiring: Wiring) => Promise<RoundAnswer>,
): Promise<RoundAnswer & { stopped: boolean }> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  const progress = progressLine(verb);
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const answer = await orCliError(() => work({ signal: stop.signal, onDone: progress.tick }));
    return { ...answer, stopped: stop.signal.aborted };
  } finally {
    progress.end();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function finish(answer: RoundAnswer & { stopped: boolean }, flags: FormatFlags): void {
  printAnswer(answer.results, (results) => resultsTable(results, look()), flags);
  if (answer.skipped.length > 0) say(`no command known for ${answer.skipped.join(", ")}`);
  say(`wrote ${answer.written}`);
  if (answer.stopped) throw new CliError("interrupted: what had not ended is not recorded", 130);
  const failed = answer.results.filter((result) => !result.success).map((result) => result.repo);
  if (failed.length > 0) throw new CliError(`failed: ${failed.join(", ")}`, 1);
}

function printStatus(answer: StatusAnswer, flags: FormatFlags): void {
  printAnswer(answer.repos, (repos) => statusTable(repos, answer.runs, look()), flags);
}

function look() {
  const { isTTY, columns } = process.stdout;
  return { color: isTTY, now: new Date(), columns: isTTY ? columns : undefined };
}

function common(command: Command) {
  return command
    .option("--workspace <dir>", "folder with config/, state/ and tasks/ (default: .)")
    .option("--repos-dir <dir>", "take the repos found in this folder instead of config/repos.json")
    .option(
      "--jobs <n>",
      "repos worked on at once (default: one build or test, three questions a core)",
      Number,
    )
    .option("--format <format>", "text or json (default: text; json when stdout is no terminal)")
    .option("--json", "print JSON");
}
