import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { isTerminalAssignment } from "../../domain/assignmentState.ts";
import { toText } from "../../domain/report/text.ts";
import { openSession, type Session } from "../backend/session.ts";
import { commonFlags } from "../commonOptions.ts";
import { DEFAULT_NAMESPACE, loadSettings } from "../config/settings.ts";
import { openBackend } from "../backend/client.ts";
import { watchQueue } from "../follow/watchQueue.ts";
import { printData, wantsJson } from "../output/print.ts";
import { reportOfRun, runFolderOf } from "../reports/findRun.ts";
import { tuiMode } from "../taskRun/display.ts";
import { readReport } from "../taskRun/runFolder.ts";
import { assignmentOfFolder, watchRun } from "../taskRun/watchRun.ts";

export function register(program: Command): void {
  program
    .command("watch")
    .alias("dashboard")
    .description(
      "Follow a run (its assignment, folder or time stamp) or, without one, the newest open run, else the queue. Without a terminal: one line of JSON per change.",
    )
    .argument("[run]", "assignment, folder or time stamp of a run")
    .option("--run-dir <dir>", "folder of the run")
    .option("--tui <mode>", "full, minimal, off or auto (default: auto)")
    .action(async (typed, { runDir, tui }, command) => {
      const flags = commonFlags(command);
      const mode = tuiMode(tui);
      const named = runDir ?? typed;
      const isNumber = named !== undefined && /^\d+$/.test(named);
      if (named !== undefined && !isNumber && (await readReport(runFolderOf(named))) !== null) {
        return printData((await reportOfRun(named)).report, toText, flags);
      }
      const settings = { ...loadSettings(flags) };
      const namespace = settings.namespace ?? DEFAULT_NAMESPACE;
      if (named === undefined && settings.namespace !== null) {
        const session = openSession(command);
        const run = await newestOpen(session);
        process.exitCode =
          run === null ? await watchQueue(session) : await watchRun({ ...session, run, mode });
        return;
      }
      const backend = openBackend(settings);
      const run = isNumber ? named : await runNamed({ backend, namespace }, named);
      process.exitCode = await watchRun({ flags, settings, namespace, backend, run, mode });
    });
}

/** The run of a folder or, without one, the newest open one; else the first that there ever was. */
async function runNamed(
  place: Pick<Session, "backend" | "namespace">,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) return assignmentOfFolder(place, runFolderOf(named));
  return (await newestOpen(place)) ?? "1";
}

/** The newest run that is still open; a screen of JSON lines stays the queue's, as scripts know it. */
async function newestOpen({
  backend,
  namespace,
  ...rest
}: Pick<Session, "backend" | "namespace"> & Partial<Session>) {
  if (rest.flags !== undefined && wantsJson(rest.flags)) return null;
  const runs = await backend.query(api.runs.list, { namespace, limit: 20 });
  const open = runs.find(({ status }) => !isTerminalAssignment(status));
  return open === undefined ? null : String(open.assignment);
}
