import { join } from "node:path";
import { runLogged } from "../../portfolio/process/runLogged.ts";
import { say } from "../output/print.ts";

/** A hook after Ctrl+C must not hold the terminal, ms; the next Ctrl+C ends it at once. */
const AFTER_INTERRUPT_MS = 60_000;
const HOOK_MS = 30 * 60_000;

/**
 * Runs the `post_run` command once the report is written; the run's folder is in `RUNFORGE_RUN_DIR` (the name that
 * existing hooks read) and `DROVER_RUN_DIR`. Its failure is said and changes nothing.
 */
export async function postRun(
  command: string,
  { runDir, interrupted, signal }: { runDir: string; interrupted: boolean; signal: AbortSignal },
): Promise<void> {
  const logFile = join(runDir, "post_run.log");
  const end = await runLogged({
    command,
    cwd: process.cwd(),
    logFile,
    signal,
    timeoutMs: interrupted ? AFTER_INTERRUPT_MS : HOOK_MS,
    env: { RUNFORGE_RUN_DIR: runDir, DROVER_RUN_DIR: runDir },
  });
  if (end.kind !== "exited" || end.exitCode !== 0) say(`post_run failed (${end.reason}): see ${logFile}`);
}
