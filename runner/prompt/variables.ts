/**
 * The variables of a template and how a claim becomes their values. Values are data: they are put into the text
 * once and never read as template again, so a result that contains `{{NORTH_STAR}}` stays what it is.
 */
import { z } from "zod";

export const VARIABLES = [
  "NORTH_STAR", // the user's intent, unchanged
  "ARTIFACTS", // what the assignment has produced so far
  "DECISIONS", // what was decided so far
  "CONTEXT", // what this job is to do
  "PREVIOUS_RESULT", // the result of the job before, or under review
  "ASSIGNMENT", // handle, such as 12
  "JOB", // handle, such as 12.3
  "NAMESPACE",
  "REPO", // slug
  "JOBS", // all jobs of the assignment, one line each
  "REVIEWED", // for pm: handle, type and status of the job under review
  "HANDOVER", // what an earlier attempt left behind
] as const;
export type Variable = (typeof VARIABLES)[number];
export type Variables = Record<Variable, string>;

/** Stands for an empty value: an agent must see that there is nothing, not wonder whether something was lost. */
export const NOTHING = "(none)";

const REMINDER =
  "REMINDER: the PM job before this one ended without a decision. Decide now: insert jobs, complete or block. " +
  "Without a decision this time the assignment is blocked.";

/** The part of a claim that prompts are made of: see `claimed` in SPEC.md §7. */
export const PromptSource = z.object({
  namespace: z.string(),
  reminder: z.boolean(),
  job: z.object({ handle: z.string(), type: z.string(), context: z.string(), repo: z.string().optional() }),
  assignment: z.object({
    number: z.number(),
    northStar: z.string(),
    artifacts: z.string(),
    decisions: z.string(),
  }),
  previous: z
    .object({ handle: z.string(), type: z.string(), status: z.string(), result: z.string() })
    .nullable(),
  jobs: z.array(
    z.object({
      handle: z.string(),
      type: z.string(),
      status: z.string(),
      title: z.string(),
      summary: z.string(),
    }),
  ),
});
export type PromptSource = z.infer<typeof PromptSource>;

/** The values for one attempt. `handover`: what an earlier attempt left behind, or an empty string. */
export function variablesFor(source: PromptSource, handover: string): Variables {
  const { assignment, job, previous } = source;
  return {
    NORTH_STAR: orNothing(assignment.northStar),
    ARTIFACTS: orNothing(assignment.artifacts),
    DECISIONS: orNothing(assignment.decisions),
    CONTEXT: orNothing(source.reminder ? `${REMINDER}\n\n${job.context}` : job.context),
    PREVIOUS_RESULT: orNothing(previous?.result),
    ASSIGNMENT: String(assignment.number),
    JOB: job.handle,
    NAMESPACE: source.namespace,
    REPO: orNothing(job.repo),
    JOBS: orNothing(source.jobs.map(jobLine).join("\n")),
    REVIEWED: orNothing(
      previous === null ? "" : `${previous.handle} (${previous.type}), status ${previous.status}`,
    ),
    HANDOVER: orNothing(handover),
  };
}

function orNothing(value: string | undefined): string {
  return value === undefined || value.trim() === "" ? NOTHING : value;
}

function jobLine(job: PromptSource["jobs"][number]): string {
  const title = job.title === "" ? "" : ` "${job.title}"`;
  const summary = job.summary.trim() === "" ? "" : `: ${job.summary.trim().replaceAll(/\s*\n\s*/g, " ")}`;
  return `- ${job.handle} ${job.type} [${job.status}]${title}${summary}`;
}
