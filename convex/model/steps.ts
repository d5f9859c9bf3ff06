/** One batch of each kind of task. */
import { assignmentEnded, jobSettled } from "./dependents.ts";
import { cancelOpen } from "./cancel.ts";
import { closeOrOpen } from "./assignmentGates.ts";
import { giveNewPriority } from "./priorities.ts";
import { skipUnstarted } from "./skipJobs.ts";
import { revive } from "./retry.ts";
import { abandon } from "./setback.ts";
import type { Step, Task } from "./task.ts";
import { passTurn } from "./turn.ts";
import type { Tx } from "./tx.ts";
import { wakeParked } from "./wakeUp.ts";

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
