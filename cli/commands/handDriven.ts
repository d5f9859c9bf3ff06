/** Jobs that a person (or a program of one's own) does instead of a runner: start, then complete or fail. */
import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { readTextInput } from "../input.ts";
import { usageError } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { jobState } from "../output/states.ts";
import { jobOf } from "../subject.ts";

const TARGET = ["[job]", "handle like 12.3, or id"] as const;

export function register(program: Command): void {
  program
    .command("start-job")
    .description("Take a ready job in hand: no runner claims it, no lease guards it.")
    .argument(...TARGET)
    .action(async (typed, _options, command) => {
      const { backend, namespace, flags, settings } = openSession(command);
      const job = jobOf(typed, settings);
      const { attempt } = await backend.mutation(api.jobs.start, { namespace, job });
      printData({ job, attempt }, () => `started job ${job}: end it with complete-job or fail-job`, flags);
    });
  registerEnd(program, "complete");
  registerEnd(program, "failed");
}

const ENDS = {
  complete: { name: "complete-job", description: "End a job that was started by hand: it is done." },
  failed: { name: "fail-job", description: "End a job that was started by hand: it failed." },
} as const;

function registerEnd(program: Command, outcome: keyof typeof ENDS): void {
  program
    .command(ENDS[outcome].name)
    .description(ENDS[outcome].description)
    .argument(...TARGET)
    .option("--result <text>", "what came out; the PM reads it")
    .option("--result-file <file>", "the same from a file, or - for stdin")
    .action(async (typed, { result, resultFile }, command) => {
      if (result !== undefined && resultFile !== undefined)
        throw usageError("give --result or --result-file, not both");
      const { backend, namespace, flags, settings } = openSession(command);
      const text = resultFile === undefined ? result : readTextInput(resultFile, "--result-file");
      const job = await backend.mutation(api.jobs.finish, {
        namespace,
        job: jobOf(typed, settings),
        outcome,
        ...(text === undefined ? {} : { result: text }),
      });
      printData(job, (j) => `job ${j.handle} is ${jobState(j.status)}`, flags);
    });
}
