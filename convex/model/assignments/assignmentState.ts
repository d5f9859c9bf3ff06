import {
  ASSIGNMENT_TRANSITIONS,
  isTerminalAssignment,
  type AssignmentState,
} from "../../../domain/assignmentState.ts";
import { headAndTail } from "../../../domain/text.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { fail } from "../shared/fail.ts";
import { isOpenAssignment } from "../readiness/readiness.ts";
import type { Tx } from "../shared/tx.ts";

/** Bytes of a reason, which stands in a row that lists read by the hundred. */
const MAX_REASON_BYTES = 2000;

export interface Move {
  to: AssignmentState;
  blocked?: Doc<"assignments">["blocked"];
  /** The job that asks for it: it goes on to its own end when the assignment ends. */
  except?: Id<"jobs"> | undefined;
}

/**
 * Moves an assignment and sets off what follows: its turn passes on, its jobs' gates close or open, the open jobs
 * of an ended one are canceled and those who waited for it are told. The first terminal state wins; use
 * `refuseIllegal` before where a person must be told.
 */
export async function moveAssignment(tx: Tx, assignment: Doc<"assignments">, move: Move): Promise<void> {
  const { to, blocked, except } = move;
  const ends = isTerminalAssignment(to);
  const stops = ends || to === "blocked";
  if (to === assignment.status && to !== "blocked") return;
  await tx.db.patch("assignments", assignment._id, {
    status: to,
    blocked: to === "blocked" ? bounded(blocked) : undefined,
    endedAt: ends ? tx.now : undefined,
    ...(stops ? { hasTurn: false, wantsTurn: false } : {}),
  });
  if (stops && assignment.hasTurn) tx.tasks.push({ kind: "turn", namespace: assignment.namespace });
  if (ends) {
    tx.tasks.push({ kind: "assignmentEnded", assignment: assignment._id });
    tx.tasks.push({
      kind: "cancelOpen",
      assignment: assignment._id,
      ...(except === undefined ? {} : { except }),
    });
  } else if (isOpenAssignment(assignment) === stops) {
    tx.tasks.push({ kind: "gates", assignment: assignment._id });
  }
}

function bounded(blocked: Move["blocked"]): Doc<"assignments">["blocked"] {
  return blocked && { ...blocked, reason: headAndTail(blocked.reason, MAX_REASON_BYTES) };
}

/** Fails with WRONG_STATE when the states do not allow the move. */
export function refuseIllegal(assignment: Doc<"assignments">, to: AssignmentState): void {
  if (to === assignment.status || ASSIGNMENT_TRANSITIONS[assignment.status].includes(to)) return;
  fail(
    "WRONG_STATE",
    `assignment ${assignment.number} is ${assignment.status}: expected one of ${ASSIGNMENT_TRANSITIONS[assignment.status].join(", ")} as its next state, got ${to}`,
  );
}

/** Blocks an open assignment with a reason; one that is blocked already keeps its first reason. */
export async function block(tx: Tx, assignment: Doc<"assignments">, reason: string): Promise<void> {
  if (!isOpenAssignment(assignment)) return;
  await moveAssignment(tx, assignment, { to: "blocked", blocked: { reason, owner: "human" } });
}
