/** One batch of each kind of task. */
import { assignmentEnded, jobSettled } from "../readiness/dependents.ts";
import { cancelOpen } from "../jobs/cancel.ts";
import { closeOrOpen } from "../assignments/openGates.ts";
import { giveNewPriority } from "../readiness/priorities.ts";
import { skipUnstarted } from "../jobs/skipJobs.ts";
import { revive } from "../jobs/retry.ts";
import { abandon } from "../attempts/setback.ts";
import type { Step, Task } from "../shared/task.ts";
import { passTurn } from "../readiness/turn.ts";
import type { Tx } from "../shared/tx.ts";
import { wakeParked } from "../readiness/wakeUp.ts";

/** Does at most about `budget` units of a task. Every task ends: its range drains or its cursor moves on. */
export async function step(tx: Tx, task: Task, budget: number): Promise<Step> {
  switch (task.kind) {
    case "jobSettled":
      return jobSettled(tx, task, budget);
    case "assignmentEnded":
      return assignmentEnded(tx, task, budget);
    case "revive":
      return revive(tx, task, budget);
    case "gates":
      return closeOrOpen(tx, task, budget);
    case "cancelOpen":
      return cancelOpen(tx, task, budget);
    case "skipUnstarted":
      return skipUnstarted(tx, task, budget);
    case "priorities":
      return giveNewPriority(tx, task, budget);
    case "turn":
      return { used: await passTurn(tx, task.namespace) };
    case "wake":
      return wakeParked(tx, task, budget);
    case "abandon":
      return abandon(tx, task, budget);
    default:
      return task satisfies never;
  }
}
