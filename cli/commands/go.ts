import { Option, type Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openLive } from "../backend/live.ts";
import { openSession, type Session } from "../backend/session.ts";
import { followAssignment } from "../follow/followAssignment.ts";
import { checkText } from "../input.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { toNewJob } from "../newJob.ts";
import { CliError, EXIT, type ExitCode } from "../output/errors.ts";
import { printData, say, wantsJson } from "../output/print.ts";
import { renderAssignment } from "../views/assignmentView.ts";

const FIRST_CONTEXTS = {
  plan: "Find out how the north star can be reached here, and say which steps you would take and how each is verified.",
  implement: "Do what the north star says, and verify it.",
} as const;

export function register(program: Command): void {
  program
    .command("go")
    .description("Create an assignment, start its first job and follow it to the end.")
    .argument("<north_star>", "what you want, in quotes")
    .addOption(
      new Option("--type <type>", "the first job")
        .choices(["plan", "implement"] as const)
        .default("plan" as const),
    )
    .option("--context <text>", "what the first job is to do (default: a plan, or the north star itself)")
    .option("--harness <profile>", "who runs the first job")
    .option("--independent", "may run beside other assignments of the namespace")
    .option("--wait", "keep waiting where there is no runner, or it is blocked, stuck or limited by quota")
    .action(async (northStar, options, command) => {
      const session = openSession(command);
      const wait = options.wait === true;
      checkText(northStar, "the north star");
      const context = checkText(options.context ?? FIRST_CONTEXTS[options.type], "--context");
      const request = {
        type: options.type,
        context,
        ...(options.harness === undefined ? {} : { harness: options.harness }),
      };
      const job = toNewJob(request, session.settings.config);
      await checkRunner(session, wait);
      const number = await start(session, { northStar, job, independent: options.independent === true });
      process.exitCode = await follow(session, String(number), wait);
    });
}

interface Order {
  northStar: string;
  job: ReturnType<typeof toNewJob>;
  independent: boolean;
}

async function start(
  { backend, namespace }: Session,
  { northStar, job, independent }: Order,
): Promise<number> {
  const made = await backend.mutation(api.assignments.create, {
    namespace,
    northStar,
    ...(independent ? { independent } : {}),
  });
  const assignment = String(made.number);
  const inserted = await backend.mutation(api.jobs.insert, { namespace, assignment, jobs: [job] });
  if (inserted.kind === "limit") throw new CliError(inserted.reason, EXIT.stuck);
  say(`assignment ${assignment}, first job ${inserted.jobs[0]?.handle ?? "?"}`);
  return made.number;
}

/** Without a runner nothing would ever happen, and the person would look at a silent screen. */
async function checkRunner({ backend, namespace }: Session, wait: boolean): Promise<void> {
  const runners = await backend.query(api.runners.list, { namespace });
  if (runners.some(({ session }) => session !== null && !session.draining)) return;
  const text = `no runner serves ${namespace}: start one with \`drover up\` (or \`drover runner\`) in another terminal`;
  if (!wait) throw new CliError(`${text}; --wait waits for it`, EXIT.stuck);
  say(text);
}

async function follow(session: Session, assignment: string, wait: boolean): Promise<ExitCode> {
  const interrupt = listenForInterrupt();
  const live = openLive(session.settings);
  live.onConnection((connected) => say(connected ? "connected again" : "connection lost, trying again"));
  try {
    const { namespace } = session;
    const { code, detail } = await followAssignment({
      live,
      namespace,
      assignment,
      signal: interrupt.signal,
      wait,
    });
    if (detail !== null && !wantsJson(session.flags)) say("");
    if (detail !== null) printData(detail, (value) => renderAssignment(value, Date.now()), session.flags);
    if (code === EXIT.interrupted)
      say(`assignment ${assignment} goes on; stop it with: drover cancel ${assignment}`);
    return code;
  } finally {
    interrupt.release();
    await live.close();
  }
}
