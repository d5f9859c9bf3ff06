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
  /** Bring back the jobs that were skipped because of this one. */
  v.object({ kind: v.literal("revive"), job }),
  /** Open or close the jobs of an assignment after its state or turn changed. */
  v.object({ kind: v.literal("gates"), assignment }),
  /** Cancel the open jobs of an assignment that ended. */
  v.object({ kind: v.literal("cancelOpen"), assignment, except: v.optional(job) }),
  /** Skip what has not started of an assignment's jobs: its run stops at the first failure. */
  v.object({ kind: v.literal("skipUnstarted"), assignment, reason: v.string() }),
  /** Give the open jobs of an assignment its new priority, from job number `from` on. */
  v.object({ kind: v.literal("priorities"), assignment, from: v.number() }),
  /** Give the turn of a namespace to the next assignment. */
  v.object({ kind: v.literal("turn"), namespace: v.id("namespaces") }),
  /** Try the parked jobs again that a profile could run (all of them without one); `after` is the last one seen. */
  v.object({
    kind: v.literal("wake"),
    namespace: v.id("namespaces"),
    profile: v.optional(v.string()),
    after: v.object({ assignmentNumber: v.number(), number: v.number() }),
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

/** What a batch of a task did. */
export interface Step {
  /** Rows worked on, at least those that the budget must count. */
  used: number;
  /** The same task as it goes on; absent when it is done. */
  rest?: Task;
}
