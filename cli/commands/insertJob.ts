import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { profileNames, unknownProfile } from "../../domain/config.ts";
import { JOB_TYPE_NAMES } from "../../domain/jobTypes.ts";
import { openSession, type Session } from "../backend/session.ts";
import { defined } from "../../domain/defined.ts";
import { checkText, parseDuration, parseWhole, readTextInput } from "../input.ts";
import { type JobRequest, type NewJob, parseJobsFile, toNewJob, unknownProfiles } from "../newJob.ts";
import { CliError, EXIT, usageError } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { assignmentOf } from "../subject.ts";

interface Options {
  type?: string | undefined;
  harness?: string | undefined;
  context?: string | undefined;
  contextFile?: string | undefined;
  title?: string | undefined;
  after?: string[] | undefined;
  parallel?: boolean | undefined;
  priority?: string | undefined;
  timeout?: string | undefined;
  repo?: string | undefined;
  pool?: string | undefined;
  lock?: string | undefined;
  key?: string | undefined;
  jobs?: string | undefined;
  jobsFile?: string | undefined;
}

const collect = (value: string, all: string[] | undefined) => [...(all ?? []), value];

export function register(program: Command): void {
  program
    .command("insert-job")
    .description("Add a job to an assignment. Inside a job the assignment is known from the environment.")
    .argument("[assignment]", "number or id of the assignment")
    .option("--type <type>", "plan, implement, review, uat, document, pm, chat or script")
    .option("--harness <profile>", "who runs it first (default: harnessDefaults of the configuration)")
    .option("--context <text>", "what is to be done; for a script the shell command")
    .option("--context-file <file>", "the same from a file, or - for stdin")
    .option("--title <text>", "a short name for lists")
    .option("--after <job>", "wait for this job; may be repeated", collect)
    .option("--parallel", "do not make the successors of --after wait for the new job")
    .option("--priority <n>", "added to that of the assignment; lower runs first")
    .option("--timeout <time>", "longest time of one attempt, like 30m")
    .option("--repo <slug>", "the repo it works in (default: that of the namespace)")
    .option("--pool <name>", "only runners of this pool")
    .option("--lock <key>", "jobs with one key run one at a time; none: no lock")
    .option("--key <text>", "insert at most once under this key")
    .option("--jobs <json>", "several jobs as a JSON array")
    .option("--jobs-file <file>", "the same from a file, or - for stdin")
    .action(async (assignment, options, command) => {
      const session = openSession(command);
      const jobs = requests(options).map((request) => toNewJob(request, session.settings.config));
      await checkProfiles(session, jobs);
      const args = {
        namespace: session.namespace,
        assignment: assignmentOf(assignment, session.settings),
        jobs,
      };
      const answer = await session.backend.mutation(
        api.jobs.insert,
        defined({ ...args, parallel: options.parallel }),
      );
      if (answer.kind === "limit") {
        throw new CliError(
          `nothing was inserted and the assignment is blocked: ${answer.reason}`,
          EXIT.stuck,
        );
      }
      printData(answer, ({ jobs: made }) => made.map(describe).join("\n"), session.flags);
      await sayWhatHolds(session, answer.jobs[0]?.id);
    });
}

/** A job in a blocked assignment never starts: whoever inserts it there must hear so at once. */
async function sayWhatHolds({ backend, namespace }: Session, job: string | undefined): Promise<void> {
  if (job === undefined) return;
  const { causes } = await backend.query(api.jobs.explain, { namespace, job });
  for (const { reason, text } of causes) if (reason === "assignment") say(`waits: ${text}`);
}

function describe({ handle, created }: { handle: string; created: boolean }): string {
  return created ? `inserted job ${handle}` : `job ${handle} was there already under this key`;
}

function requests(options: Options): JobRequest[] {
  const { jobs, jobsFile, type } = options;
  const single = type !== undefined || options.context !== undefined || options.contextFile !== undefined;
  if (jobs === undefined && jobsFile === undefined) return [singleRequest(options)];
  if (single) throw usageError("give one job by --type and --context, or several by --jobs-file, not both");
  if (jobs !== undefined && jobsFile !== undefined) throw usageError("give --jobs or --jobs-file, not both");
  return jobsFile === undefined
    ? parseJobsFile(jobs ?? "", "--jobs")
    : parseJobsFile(readTextInput(jobsFile, "--jobs-file"), jobsFile);
}

function singleRequest(options: Options): JobRequest {
  if (options.type === undefined)
    throw usageError(`--type is missing: expected one of ${JOB_TYPE_NAMES.join(", ")}`);
  const { type, title, harness, after, repo, pool, lock, key, priority, timeout } = options;
  return defined({
    type,
    context: contextOf(options),
    ...{ title, harness, after, repo, pool, lock, key },
    priority: priority === undefined ? undefined : parseWhole(priority, "--priority"),
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "--timeout"),
  });
}

function contextOf({ context, contextFile }: Options): string {
  if (context !== undefined && contextFile !== undefined)
    throw usageError("give --context or --context-file, not both");
  if (context !== undefined) return checkText(context, "--context");
  if (contextFile !== undefined)
    return checkText(readTextInput(contextFile, "--context-file"), "--context-file");
  throw usageError("--context is missing: say what is to be done (or --context-file FILE, - for stdin)");
}

/** A profile that this configuration does not know may still be declared by the namespace: ask before refusing. */
async function checkProfiles({ backend, namespace, settings }: Session, jobs: NewJob[]): Promise<void> {
  const unknown = unknownProfiles(jobs, settings.config);
  if (unknown.length === 0) return;
  const declared = (await backend.query(api.namespaces.get, { namespace }))?.profiles ?? [];
  const missing = unknown.find((profile) => !declared.includes(profile));
  if (missing === undefined) return;
  throw usageError(unknownProfile(missing, [...new Set([...profileNames(settings.config), ...declared])]));
}
