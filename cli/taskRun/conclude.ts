import type { RunReport } from "../../domain/report/model.ts";
import { CliError, EXIT, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { postRun } from "./hook.ts";
import { appendMetrics } from "./metrics.ts";
import { reportOf, type RunEnd } from "./runReport.ts";
import type { Going } from "./going.ts";
import { type Verified, verifyRepos } from "./verify.ts";

export interface RunOutcome {
  folder: string;
  report: RunReport;
  verified: Verified[];
  exitCode: ExitCode;
}

/** What comes after the report: metrics, the hook, the verification. */
export async function conclude(going: Going, end: RunEnd): Promise<RunOutcome> {
  const { call, folder } = going;
  const { order, interrupt } = call;
  // Also when Ctrl+C came while the report was written.
  const cutShort = end.how === "interrupted" || end.how === "broken" || interrupt.signal.aborted;
  const report = reportOf(going, end);
  if (end.error !== undefined) say(`drover: ${end.error.message}`);
  try {
    appendMetrics(report);
  } catch (error) {
    say(`the metrics log could not be written: ${(error as Error).message}`);
  }
  if (order.postRun !== undefined && order.postRun !== "")
    await postRun(order.postRun, {
      runDir: folder.path,
      interrupted: cutShort,
      signal: interrupt.next(),
    });
  const repos = Object.fromEntries(
    Object.values(report.results).map(({ repo }) => [repo, order.repos[repo] ?? repo]),
  );
  const verified =
    order.verify && !cutShort && !interrupt.signal.aborted
      ? await verifyRepos(repos, folder.path, interrupt.signal)
      : [];
  const exitCode = interrupt.signal.aborted ? EXIT.interrupted : exitOf(report, end, verified);
  return { folder: folder.path, report, verified, exitCode };
}

function exitOf(report: RunReport, { how, error }: RunEnd, verified: readonly Verified[]): ExitCode {
  if (how === "interrupted") return EXIT.interrupted;
  if (how === "broken") return error instanceof CliError ? error.exitCode : EXIT.failed;
  if (report.rate_limited > 0) return EXIT.limited;
  if (how === "stuck") return EXIT.stuck;
  const failed = report.completed < report.total_tasks || verified.some(({ passed }) => !passed);
  return failed ? EXIT.failed : EXIT.ok;
}
