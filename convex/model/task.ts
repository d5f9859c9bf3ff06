/** Work that may touch more rows than one transaction should: done in batches, the rest scheduled. */
import { literals } from "convex-helpers/validators";
import { v, type Infer } from "convex/values";

const job = v.id("jobs");
const assignment = v.id("assignments");

export const vTask = v.union(
  /** Tell the dependents of a settled job. */
  v.object({ kind: v.literal("jobSettled"), job }),
  /** Tell the dependents of an assignment that ended. */
  v.object({ kind: v.literal("assignmentEnded"), assignment }),
  /** Make the pending successors of `from` wait for `via` as well. */
  v.object({
    kind: v.literal("splice"),
    from: job,
    via: job,
    condition: literals("complete", "settled"),
    after: v.optional(v.number()),
  }),
  /** Bring back the jobs that were skipped because of this one. */
  v.object({ kind: v.literal("revive"), job, after: v.optional(v.number()) }),
  /** Open or close the jobs of an assignment after its state or turn changed. */
  v.object({ kind: v.literal("gates"), assignment }),
  /** Cancel the open jobs of an assignment that ended. */
  v.object({ kind: v.literal("cancelOpen"), assignment, except: v.optional(job) }),
  /** Give the jobs of an assignment its new priority. */
  v.object({ kind: v.literal("priorities"), assignment, after: v.optional(v.number()) }),
  /** Give the turn of a namespace to the next assignment. */
  v.object({ kind: v.literal("turn"), namespace: v.id("namespaces") }),
  /** Try the parked jobs again that a profile could run. */
  v.object({
    kind: v.literal("wake"),
    namespace: v.id("namespaces"),
    profile: v.string(),
    after: v.optional(v.array(v.number())),
  }),
  /** Send back what an ended session left running. */
  v.object({
    kind: v.literal("abandon"),
    session: v.id("sessions"),
    why: literals("lost", "interrupted"),
    reason: v.string(),
  }),
);
export type Task = Infer<typeof vTask>;
export type TaskOf<K extends Task["kind"]> = Extract<Task, { kind: K }>;
