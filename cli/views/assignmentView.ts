import { tokensIn } from "../../domain/usage.ts";
import type { Assignment, AssignmentDetail, Job } from "../backend/wire.ts";
import { color } from "../output/color.ts";
import { assignmentState } from "../output/states.ts";
import { columns, cut, facts, table, wrap } from "../output/table.ts";
import { ago, duration } from "../output/time.ts";
import { aboutJob, jobRow, section } from "./jobView.ts";

/** A table of assignments, newest first as they come. */
export function renderAssignments(assignments: Assignment[], now: number): string {
  if (assignments.length === 0)
    return color.dim('no assignments: make one with `drover create "what you want"`');
  return table([
    ["NO", "STATUS", "PRIO", "AGE", "NORTH STAR"].map((text) => color.dim(text)),
    ...assignments.map((a) => [
      String(a.number),
      assignmentState(a.status),
      `${a.priority}${a.independent ? " ∥" : ""}`,
      duration(now - a.createdAt),
      a.blocked === undefined ? a.title : `${a.title}  (${a.blocked.reason})`,
    ]),
  ]);
}

/** Everything about one assignment, with its jobs as a tree. */
export function renderAssignment({ assignment: a, jobs, totals }: AssignmentDetail, now: number): string {
  const why = a.blocked === undefined ? "" : ` (${a.blocked.owner} must act): ${a.blocked.reason}`;
  const ended = a.endedAt === undefined ? "" : `, ended ${ago(a.endedAt, now)}`;
  return [
    `${color.bold(`Assignment ${a.number}`)}\n${wrap(a.northStar.trim(), "  ")}`,
    facts([
      ["status", assignmentState(a.status) + why],
      ["policy", `${a.policy}, priority ${a.priority}${a.independent ? ", independent" : ""}`],
      ["created", ago(a.createdAt, now) + ended],
      ["used", totals.attempts === 0 ? undefined : usageText(totals)],
    ]),
    ...section("Decisions", a.decisions),
    ...section("Artifacts", a.artifacts),
    `${color.bold("Jobs")}\n${renderJobTree(jobs, now)}`,
  ].join("\n\n");
}

/** Tokens and cost; a subscription reports no cost, which is not the same as 0. */
export function usageText({ usage, costUsd, attempts }: AssignmentDetail["totals"]): string {
  const tokens = tokensIn(usage);
  const cost = costUsd > 0 ? `$${costUsd.toFixed(4)}` : "no cost reported";
  return `${attempts} attempt${attempts === 1 ? "" : "s"}, ${tokens.toLocaleString("en")} tokens, ${cost}`;
}

/** The jobs in their order; the PM of a job stands below it. What came out follows on a line of its own. */
export function renderJobTree(jobs: Job[], now: number): string {
  if (jobs.length === 0) return color.dim("  none yet: add one with `drover insert-job`");
  const known = new Set(jobs.map((job) => job.id));
  const indents = jobs.map((job) => "  ".repeat(1 + depthOf(job, known)));
  const lines = table(
    jobs.map((job, i) =>
      jobRow(job, now)
        .slice(0, -1)
        .with(0, `${indents[i] ?? ""}${job.handle}`),
    ),
  ).split("\n");
  return jobs.map((job, i) => `${lines[i] ?? ""}${aboutLine(job, indents[i] ?? "")}`).join("\n");
}

function aboutLine(job: Job, indent: string): string {
  const about = aboutJob(job);
  const before = `${indent}      `;
  return about === "" ? "" : `\n${before}${color.dim(cut(about, columns() - before.length))}`;
}

/** PM jobs stand one step below the job that they judge; everything else on the first level. */
function depthOf(job: Job, known: ReadonlySet<string>): number {
  return job.reviews !== undefined && known.has(job.reviews) ? 1 : 0;
}
