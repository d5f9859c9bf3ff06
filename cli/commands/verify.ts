import type { Command } from "@commander-js/extra-typings";
import { sortedResults } from "../../domain/report/model.ts";
import { expandPath, repoFolder } from "../../portfolio/files/paths.ts";
import { commonFlags } from "../commonOptions.ts";
import { withInterrupt } from "../interrupt.ts";
import { EXIT } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { reportOfRun } from "../reports/findRun.ts";
import { verifyRepos, verifyText } from "../taskRun/verify.ts";

export function register(program: Command): void {
  program
    .command("verify")
    .description("Run make test and make lint in each repo of a run. The repos come from its report.")
    .argument("[run]", "folder or time stamp of the run (default: the newest)")
    .option("--run-dir <dir>", "the same as an option")
    .option("--repos-dir <dir>", "folder with the repos (default: that of the run)")
    .action(async (run, { runDir, reposDir }, command) => {
      const { folder, report } = await reportOfRun(run ?? runDir);
      const base = expandPath(reposDir ?? report.repos_dir);
      const slugs = new Set(
        sortedResults(report)
          .map(({ repo }) => repo)
          .filter((repo) => repo !== ""),
      );
      const repos = Object.fromEntries([...slugs].map((repo) => [repo, repoFolder(base, repo)]));
      const { results, interrupted } = await withInterrupt(async ({ signal }) => ({
        results: await verifyRepos(repos, folder, signal),
        interrupted: signal.aborted,
      }));
      printData(results, verifyText, commonFlags(command));
      if (interrupted) process.exitCode = EXIT.interrupted;
      else if (results.some(({ passed }) => !passed)) process.exitCode = EXIT.failed;
    });
}
