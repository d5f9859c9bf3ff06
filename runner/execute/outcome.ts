/** What the end of the last attempt means for the job. */
import type { Outcome } from "../connect/types.ts";
import { boundFile, boundText } from "../report/bounded.ts";
import type { AttemptEnd } from "./observe.ts";
import type { StopCause } from "./work.ts";

/** Bytes of an error: it is shown in lists. */
const MAX_ERROR_BYTES = 4000;

/** The outcome of a job whose last attempt settled it. `cause`: why we stopped it, if we did. */
export function settledOutcome(end: AttemptEnd, cause: StopCause | undefined): Outcome {
  const { verdict, outputFile } = end.report;
  switch (end.effect) {
    case "done":
      return { kind: "complete", ...resultOf(end) };
    case "interrupted":
      return stoppedOutcome(cause, verdict.detail);
    case "outcome":
    case "limited":
    case "transient":
    case "machine": {
      const error = `${verdict.kind}: ${verdict.detail ?? `see ${outputFile} on the runner`}`;
      const result = verdict.text === undefined || verdict.text === "" ? {} : resultOf(end);
      return {
        kind: "failed",
        error: boundText(end.redact(error), { maxBytes: MAX_ERROR_BYTES }).text,
        ...result,
      };
    }
    default:
      return end.effect satisfies never;
  }
}

/** The outcome of a job that we stopped, or that a person stopped behind our back. */
export function stoppedOutcome(cause: StopCause | undefined, detail = "the agent was stopped"): Outcome {
  if (cause === "canceled") return { kind: "canceled" };
  return { kind: "interrupted", reason: cause === "shutdown" ? "the runner was stopped" : detail };
}

/** Of plain output the verdict holds the end alone; head and tail come from the file. */
function resultOf(end: AttemptEnd): { result: string; resultFile?: string } {
  const file = end.report.outputFile;
  const { text, cut } = end.plain
    ? boundFile(file, end.redact)
    : boundText(end.redact(end.report.verdict.text ?? ""), { file });
  return cut ? { result: text, resultFile: file } : { result: text };
}
