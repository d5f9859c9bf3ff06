import type { AssignmentDetail } from "../backend/wire.ts";
import { color } from "../output/color.ts";
import { wrap } from "../output/table.ts";
import { renderAssignment } from "../views/assignmentView.ts";

export interface DemoResult extends AssignmentDetail {
  /** The repo's own test, run by the demo itself after everything. */
  test: { passed: boolean; output: string };
  commits: string[];
  diff: string;
}

/** What came out, and what to type next for a real agent. */
export function renderResult(result: DemoResult): string {
  const { test, commits, diff } = result;
  return [
    renderAssignment(result, Date.now()),
    `${color.bold("Commits")}\n${commits.map((line) => `  ${line}`).join("\n")}`,
    `${color.bold("Diff")}\n${diff.split("\n").map(paintDiff).join("\n")}`,
    `${color.bold("The repo's own test, run after everything")}: ${test.passed ? color.green("passes") : color.red("fails")}`,
    ...(test.passed ? [] : [wrap(test.output, "  ")]),
    [
      `${color.bold("With a real agent")} (claude, codex, gemini or opencode), in your own repo:`,
      "  drover init",
      "  drover up                       (leave it running)",
      '  drover go "what you want"       (in another terminal)',
    ].join("\n"),
  ].join("\n\n");
}

function paintDiff(line: string): string {
  if (line.startsWith("+++") || line.startsWith("---") || line.startsWith("diff "))
    return color.bold(`  ${line}`);
  if (line.startsWith("+")) return color.green(`  ${line}`);
  if (line.startsWith("-")) return color.red(`  ${line}`);
  return `  ${line}`;
}
