import { headAndTail } from "./text.ts";

/** Bytes of a result that its reviewer is shown; the rest can be seen in the repo. */
export const MAX_REVIEWED_BYTES = 32 * 1024;

/** What the reviewer of a task's result is asked: the verdict is the first word of the answer. */
export function reviewPrompt(title: string, result: string): string {
  return [
    `Review what another agent says it has done for the task "${title}". Change nothing.`,
    "",
    "Your answer must begin with the single word PASS or FAIL, followed by one paragraph on correctness, security and test coverage.",
    "",
    "What it answered:",
    "",
    headAndTail(result, MAX_REVIEWED_BYTES),
  ].join("\n");
}
