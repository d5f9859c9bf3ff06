import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { errorData } from "../backend/failure.ts";
import { openSession, type Session } from "../backend/session.ts";
import { CliError } from "../output/errors.ts";
import { printData } from "../output/print.ts";

export function register(program: Command): void {
  program
    .command("cancel")
    .alias("kill")
    .description(
      "Cancel a job (12.3) or a whole assignment with its open jobs (12). A running agent is stopped.",
    )
    .argument("<id>", "handle or id of a job or an assignment")
    .action(async (typed, _options, command) => {
      const session = openSession(command);
      const id = typed.trim().replace(/^#/, "");
      const done = await cancel(session, id);
      printData(done, ({ outcome, kind }) => TEXTS[outcome](`${kind} ${id}`), session.flags);
    });
}

type Outcome = "canceled" | "requested" | "already";
interface Canceled {
  id: string;
  kind: "job" | "assignment";
  outcome: Outcome;
  status: string;
}

const TEXTS: Readonly<Record<Outcome, (what: string) => string>> = {
  canceled: (what) => `canceled ${what}`,
  requested: (what) => `asked the runner to stop ${what}: \`drover watch\` shows when it has`,
  already: (what) => `${what} had ended already`,
};

/** A handle says what it is; of an id only the backend knows, so a job is tried first. */
async function cancel(session: Session, id: string): Promise<Canceled> {
  if (/^\d+$/.test(id)) return cancelAssignment(session, id);
  if (/^\d+\.\d+$/.test(id)) return cancelJob(session, id);
  try {
    return await cancelJob(session, id);
  } catch (error) {
    if (!(error instanceof CliError) || errorData(error.cause)?.code !== "NOT_FOUND") throw error;
    return cancelAssignment(session, id);
  }
}

async function cancelJob({ backend, namespace }: Session, id: string): Promise<Canceled> {
  const { outcome, status } = await backend.mutation(api.jobs.cancel, { namespace, job: id });
  return { id, kind: "job", outcome, status };
}

async function cancelAssignment({ backend, namespace }: Session, id: string): Promise<Canceled> {
  const { status } = await backend.mutation(api.assignments.update, {
    namespace,
    assignment: id,
    status: "canceled",
  });
  return { id, kind: "assignment", outcome: "canceled", status };
}
