import type { AssignmentState } from "../../domain/assignmentState.ts";
import type { JobState } from "../../domain/jobState.ts";
import { color } from "./color.ts";

type Paint = (text: string) => string;

const JOB_LOOKS: Readonly<Record<JobState, [mark: string, paint: Paint]>> = {
  pending: ["·", color.dim],
  running: ["▶", color.cyan],
  awaiting_retry: ["⏳", color.yellow],
  awaiting_approval: ["?", color.magenta],
  complete: ["✔", color.green],
  failed: ["✘", color.red],
  skipped: ["-", color.dim],
  canceled: ["-", color.dim],
};

const ASSIGNMENT_LOOKS: Readonly<Record<AssignmentState, Paint>> = {
  pending: color.dim,
  active: color.cyan,
  blocked: color.yellow,
  complete: color.green,
  failed: color.red,
  canceled: color.dim,
};

/** A state as a coloured mark and word. */
export function jobState(state: JobState): string {
  const [mark, paint] = JOB_LOOKS[state];
  return paint(`${mark} ${state}`);
}

export function assignmentState(state: AssignmentState): string {
  return ASSIGNMENT_LOOKS[state](state);
}
