import { describeProblem, readTaskFiles } from "../../domain/taskFile.ts";
import { clean } from "../../domain/clean.ts";
import { atomicWriteJson } from "../files/atomicWrite.ts";
import { expandPath } from "../files/paths.ts";
import { readTaskSource } from "../files/taskSource.ts";
import { PortfolioError } from "../problem.ts";
import { readSettings } from "../settings/settings.ts";
import { auditTasks } from "./audit.ts";
import { readCompleted } from "./completed.ts";
import type { Change, CompletedJob } from "./model.ts";

export type AuditFlags = {
  file: string;
  reposDir?: string | undefined;
  config: string;
  completed: string[];
  fix?: boolean | undefined;
  output?: string | undefined;
  /** Which of these tasks are complete elsewhere: in the queue of a backend. */
  completedTasks?: ((ids: string[]) => Promise<CompletedJob[]>) | undefined;
};

export type AuditAnswer = {
  file: string;
  written: string | null;
  counts: { keep: number; drop: number; narrow: number };
  left: { tasks: number; repos: number; max_depth: number };
  changes: Change[];
};

/** Carries out one `drover audit`. Only with `fix` a file is written: the audited one, or `output`. */
export async function runAudit(flags: AuditFlags): Promise<AuditAnswer> {
  const settings = readSettings(expandPath(flags.config));
  const path = expandPath(flags.file);
  if (flags.output !== undefined && !flags.fix)
    throw new PortfolioError("usage", "--output names where --fix writes: pass --fix too");
  const source = readTaskSource(path);
  const tasks = readTaskFiles([source], settings.runners);
  if (!tasks.ok) throw new PortfolioError("usage", tasks.problems.map(describeProblem).join("\n"));
  const inQueue = await flags.completedTasks?.(tasks.file.tasks.map(({ id }) => id));
  const result = auditTasks(source.text, tasks.file, {
    reposDir: expandPath(flags.reposDir ?? settings.reposDir ?? "."),
    completed: [
      ...flags.completed.flatMap((report) => readCompleted(expandPath(report))),
      ...(inQueue ?? []),
    ],
    today: new Date().toISOString().slice(0, 10),
    profiles: settings.runners,
  });
  const counts = { keep: 0, drop: 0, narrow: 0 };
  for (const change of result.changes) counts[change.action]++;
  const target = flags.output === undefined ? path : expandPath(flags.output);
  if (flags.fix) atomicWriteJson(target, result.file);
  return {
    file: path,
    written: flags.fix ? target : null,
    counts,
    left: { tasks: result.facts.tasks, repos: result.facts.repos, max_depth: result.facts.maxDepth },
    changes: result.changes,
  };
}

/** The answer for people: what changes and why, then the totals. */
export function auditText(answer: AuditAnswer): string {
  const lines = answer.changes
    .filter((change) => change.action !== "keep")
    .flatMap((change) => [
      `${change.action.padEnd(6)} ${clean(change.id)}: ${clean(change.reason)}`,
      ...change.evidence.map((line) => `         ${clean(line)}`),
    ]);
  const { keep, drop, narrow } = answer.counts;
  const written =
    answer.written === null ? "nothing written; --fix writes the narrowed file" : `wrote ${answer.written}`;
  return [
    ...lines,
    `${keep} kept, ${narrow} narrowed, ${drop} dropped; ${answer.left.tasks} tasks left; ${written}`,
  ].join("\n");
}
