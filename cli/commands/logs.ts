import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession, type Session } from "../backend/session.ts";
import type { JobEvent } from "../backend/wire.ts";
import { followLogs } from "../follow/followLogs.ts";
import { parseWhole } from "../input.ts";
import { color } from "../output/color.ts";
import { usageError } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { jobOf } from "../subject.ts";
import { renderEvent } from "../views/eventView.ts";

export function register(program: Command): void {
  program
    .command("logs")
    .description(
      "Show what the agent of a job did. The raw stream stays in the file that `drover job` names.",
    )
    .argument("[job]", "handle like 12.3, or id")
    .option("-f, --follow", "follow until the job settles")
    .option("--attempt <n>", "of this attempt (default: the last one)")
    .action(async (typed, { follow, attempt }, command) => {
      const session = openSession(command);
      const job = jobOf(typed, session.settings);
      if (follow === true) {
        if (attempt !== undefined)
          throw usageError("--follow shows attempts as they come: leave --attempt out");
        process.exitCode = await followLogs(session, job);
        return;
      }
      const number = attempt === undefined ? undefined : parseWhole(attempt, "--attempt");
      const events = await allEvents(session, job, number);
      if (events.length === 0 && number !== undefined) await checkAttempt(session, job, number);
      printData(
        events,
        (list) => list.map(renderEvent).join("\n") || color.dim("nothing yet"),
        session.flags,
      );
      if (events.length === 0)
        say(
          `no activity recorded: \`drover explain ${job}\` says how it stands, \`drover job ${job}\` what came out`,
        );
    });
}

/** "No activity" would say that there was such an attempt. @throws CliError (exit 2) */
async function checkAttempt({ backend, namespace }: Session, ref: string, number: number): Promise<void> {
  const { job } = await backend.query(api.jobs.get, { namespace, job: ref });
  if (number >= 1 && number <= job.attempt) return;
  const present = job.attempt === 0 ? "it has not been tried yet" : `its last one is ${job.attempt}`;
  throw usageError(`job ${job.handle} has no attempt ${number}: ${present}`);
}

/** Every event of an attempt, page by page. */
async function allEvents(
  { backend, namespace }: Session,
  job: string,
  attempt?: number,
): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for (;;) {
    const last = events.at(-1);
    const page = await backend.query(api.events.list, {
      namespace,
      job,
      ...(attempt === undefined ? {} : { attempt }),
      ...(last === undefined ? {} : { attempt: last.attempt, afterSeq: last.seq }),
    });
    if (page.length === 0) return events;
    events.push(...page);
  }
}
