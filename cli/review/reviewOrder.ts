import { HARNESS_TYPES } from "../../domain/harnessKinds.ts";
import { BUILT_IN_RUNNERS, normalizeRunner, type TaskFile } from "../../domain/taskFile.ts";
import type { PlannedTask } from "../../domain/taskFile/plan.ts";
import { MAX_REVIEWED_BYTES, reviewPrompt } from "../../domain/reviewPrompt.ts";
import { headAndTail } from "../../domain/text.ts";
import { usageError } from "../output/errors.ts";
import type { Subject } from "./subjects.ts";

/** Reviewers where nobody names one: the first of them that did not do the work. */
const USUAL = ["codex", "claude"];
/** Kinds that read prompts and that Drover can drive. */
const AGENTS: readonly string[] = HARNESS_TYPES.filter((type) => type !== "script");

export interface ReviewWish {
  /** Named by hand, or in the task file: it reviews everything, its own work too. */
  runner: string | undefined;
  /** Only what a fallback has done. */
  fallbackOnly: boolean;
  /** Also what has a review. */
  again: boolean;
}

export interface ReviewPlan {
  tasks: PlannedTask[];
  /** Tasks that should be reviewed and cannot, with the reason. */
  refused: Map<string, string>;
}

/** One job per subject that the wish fits. @throws CliError (exit 2) for a reviewer that nobody knows */
export function planReviews(
  subjects: readonly Subject[],
  wish: ReviewWish,
  runners: TaskFile["runners"],
): ReviewPlan {
  const candidates = candidatesOf(wish, runners);
  const plan: ReviewPlan = { tasks: [], refused: new Map() };
  for (const subject of subjects) {
    if ((wish.fallbackOnly && !subject.byFallback) || (subject.reviewed && !wish.again)) continue;
    const cascade = candidates
      .filter((name) => wish.runner !== undefined || name !== subject.worker)
      .filter((name) => !subject.barred.includes(name));
    const why = refusal(subject, cascade);
    if (why === null) plan.tasks.push(taskOf(subject, cascade));
    else plan.refused.set(subject.id, why);
  }
  return plan;
}

function candidatesOf({ runner }: ReviewWish, runners: TaskFile["runners"]): string[] {
  const typeOf = (name: string) => runners[name]?.type ?? name;
  if (runner === undefined)
    return [...new Set([...USUAL, ...Object.keys(runners)])].filter((name) => AGENTS.includes(typeOf(name)));
  const known = [...new Set([...Object.keys(runners), ...BUILT_IN_RUNNERS])];
  const found = known.find((name) => normalizeRunner(name) === normalizeRunner(runner));
  if (found !== undefined && AGENTS.includes(typeOf(found))) return [found];
  throw usageError(
    `${JSON.stringify(runner)} cannot review: expected one of ${known.filter((name) => AGENTS.includes(typeOf(name))).join(", ")}`,
  );
}

function refusal({ result, repo, worker }: Subject, cascade: readonly string[]): string | null {
  if (result.trim() === "") return "there is nothing to read: its agent gave no answer";
  if (cascade.length > 0) return null;
  return `no profile but ${worker ?? "its own"} may review it${repo === "" ? "" : ` (repo ${repo})`}: name one with --runner`;
}

function taskOf({ id, repo, title, result, barred }: Subject, cascade: string[]): PlannedTask {
  const prompt = reviewPrompt(title, headAndTail(result, MAX_REVIEWED_BYTES));
  return {
    ...{ id, repo, title: `Review of ${id}`, prompt, priority: 0, dependsOn: [] },
    ...{ cascade, barred, isScript: false, isReview: true },
    source: {
      id,
      repo,
      title,
      prompt,
      priority: 0,
      depends_on: [],
      runner: undefined,
      fallbacks: [],
    } as never,
  };
}
