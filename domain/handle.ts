/** Handles: `12` is an assignment of its namespace, `12.3` a job of it. */

/** What a handle names. */
export interface Handle {
  assignment: number;
  /** Absent in the handle of an assignment. */
  job?: number;
}

const PATTERN = /^([1-9]\d{0,14})(?:\.([1-9]\d{0,14}))?$/;

/** Reads a handle; undefined for any other text. */
export function parseHandle(text: string): Handle | undefined {
  const match = PATTERN.exec(text.trim());
  if (match === null) return undefined;
  const assignment = Number(match[1]);
  return match[2] === undefined ? { assignment } : { assignment, job: Number(match[2]) };
}

/** The handle of a job. */
export function jobHandle(job: { assignmentNumber: number; number: number }): string {
  return `${job.assignmentNumber}.${job.number}`;
}
