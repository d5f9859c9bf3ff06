/** What Drover sets in the environment of a job: the ids, the texts of the assignment, and the agent's own token. */
import { join } from "node:path";
import { boundText } from "../report/bounded.ts";
import type { Claimed } from "../connect/types.ts";

/** Bytes of one text: the system limits one variable to 128 KiB and all of them together with the arguments. */
const MAX_TEXT_BYTES = 16 * 1024;

export interface JobEnvironment {
  url: string;
  attempt: number;
  /** Absent for scripts: they run code that no agent token must reach. */
  agent?: { token: string; binFolder: string };
  /** The runner's PATH, behind which the agent's `drover` goes. */
  path: string | undefined;
}

/** The variables for one attempt of `claimed`; the harness adds what its CLI needs. */
export function environmentFor(claimed: Claimed, given: JobEnvironment): Record<string, string> {
  const { assignment, job, namespace } = claimed;
  const artifacts = boundedValue(assignment.artifacts);
  const decisions = boundedValue(assignment.decisions);
  return {
    DROVER_URL: given.url,
    DROVER_NAMESPACE: namespace,
    DROVER_ASSIGNMENT: String(assignment.number),
    DROVER_JOB: job.handle,
    DROVER_ATTEMPT: String(given.attempt),
    DROVER_ARTIFACTS: artifacts,
    DROVER_DECISIONS: decisions,
    WORKFLOW_ASSIGNMENT_ID: String(assignment.number),
    WORKFLOW_JOB_ID: job.handle,
    WORKFLOW_ARTIFACTS: artifacts,
    WORKFLOW_DECISIONS: decisions,
    ...(given.agent === undefined
      ? {}
      : {
          DROVER_TOKEN: given.agent.token,
          // PATH alone is not enough: Codex runs commands in a login shell, whose profile sets PATH anew.
          DROVER_CLI: join(given.agent.binFolder, "drover"),
          PATH: [given.agent.binFolder, given.path].filter(Boolean).join(":"),
        }),
  };
}

/** A NUL byte ends a variable early, or refuses the start. */
function boundedValue(text: string): string {
  return boundText(text.replaceAll("\0", ""), { maxBytes: MAX_TEXT_BYTES }).text;
}
