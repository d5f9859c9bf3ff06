import { cleanLine } from "../../domain/clean.ts";
import type { RunOrder } from "./order.ts";

/** Characters of a prompt that the plan shows. */
const PROMPT_CHARS = 100;

export interface PlanLine {
  id: string;
  priority: number;
  title: string;
  repo: string;
  depends_on: string[];
  cascade: string[];
  prompt: string;
}

/** The plan of a run as data, in the order in which its tasks would start. */
export function planLines({ tasks }: RunOrder): PlanLine[] {
  return tasks.map(({ id, priority, title, repo, dependsOn, cascade, prompt }) => ({
    ...{ id, priority, title, repo, depends_on: dependsOn, cascade },
    prompt: Array.from(prompt.slice(0, PROMPT_CHARS * 2))
      .slice(0, PROMPT_CHARS)
      .join(""),
  }));
}

/** The plan as text: `1. [P1] id — title`, with dependencies, repo and the beginning of the prompt. */
export function planText(lines: readonly PlanLine[], order: RunOrder): string {
  const rows = lines.flatMap((line, i) => [
    `${i + 1}. [P${line.priority}] ${line.id} — ${line.title}`,
    ...(line.depends_on.length > 0 ? [`   after: ${line.depends_on.join(", ")}`] : []),
    `   repo: ${line.repo}  runners: ${line.cascade.join(" → ")}`,
    `   ${line.prompt.replaceAll(/\s+/g, " ")}`,
  ]);
  return [
    ...rows.map(cleanLine),
    "",
    `${lines.length} tasks, ${order.workers} workers; dry run: nothing was started`,
  ].join("\n");
}
