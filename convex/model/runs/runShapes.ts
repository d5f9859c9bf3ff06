/** Validators of what is told of a run. */
import { v, type Infer } from "convex/values";
import { vAssignmentStatus, vAttempt, vJob, vTotals } from "../shared/shapes.ts";

export const vRun = v.object({
  id: v.string(),
  label: v.string(),
  assignment: v.number(),
  status: vAssignmentStatus,
  tasks: v.number(),
  failFast: v.boolean(),
  key: v.optional(v.string()),
  parent: v.optional(v.string()),
  createdAt: v.number(),
  endedAt: v.optional(v.number()),
});

export const vRunDetail = v.object({ run: vRun, spec: v.string(), totals: vTotals });

export const vRunStatus = v.object({
  status: vAssignmentStatus,
  /** The namespace is, or this run. */
  paused: v.boolean(),
  /** Why it is blocked. */
  blocked: v.optional(v.string()),
  running: v.array(vJob),
  /** Waiting for a profile: limited, or out of order. */
  parked: v.array(vJob),
  /** The next in line, which nothing but a free slot keeps. */
  ready: v.array(vJob),
  /** Waiting for the lock that another job has. */
  locked: v.array(vJob),
  /** The last to settle, newest first. */
  recent: v.array(vJob),
  totals: vTotals,
});

export const vSettledTask = v.object({
  job: vJob,
  attempts: v.array(vAttempt),
  result: v.optional(v.string()),
});

export type RunView = Infer<typeof vRun>;
