/** Of the non-independent assignments of a namespace one at a time has the turn. SPEC.md §4. */
import type { Doc, Id } from "../../_generated/dataModel.js";
import type { Reading, Tx } from "../shared/tx.ts";

/** Wishes that were looked at in one step: most are true, the others are taken back on the way. */
const WISHES_PER_STEP = 50;

/** A job of this assignment could run but for the turn: takes the turn when it is free, else writes the wish down. */
export async function askForTurn(tx: Tx, assignment: Doc<"assignments">): Promise<boolean> {
  const free = (await turnHolder(tx, assignment.namespace)) === null;
  const next = free ? { hasTurn: true, wantsTurn: false } : { wantsTurn: true };
  if (free || !assignment.wantsTurn) await tx.db.patch("assignments", assignment._id, next);
  // Its other jobs that stand at the gate would stay there: a turn that is taken is not passed on to anybody.
  if (free && assignment.wantsTurn) tx.tasks.push({ kind: "gates", assignment: assignment._id });
  return free;
}

/** The assignment that has the turn, or null. */
export function turnHolder(ctx: Reading, namespace: Id<"namespaces">): Promise<Doc<"assignments"> | null> {
  return ctx.db
    .query("assignments")
    .withIndex("by_turn", (q) => q.eq("namespace", namespace).eq("hasTurn", true))
    .first();
}

/**
 * Gives a free turn to the most urgent assignment that wants it and still has a job that could use it.
 * @returns how many assignments it looked at
 */
export async function passTurn(tx: Tx, namespace: Id<"namespaces">): Promise<number> {
  if ((await turnHolder(tx, namespace)) !== null) return 1;
  for (let looked = 1; looked <= WISHES_PER_STEP; looked += 1) {
    const next = await tx.db
      .query("assignments")
      .withIndex("by_wish", (q) => q.eq("namespace", namespace).eq("wantsTurn", true))
      .first();
    if (next === null) return looked;
    const waiting = await tx.db
      .query("jobs")
      .withIndex("by_gate", (q) => q.eq("assignment", next._id).eq("gate", "assignment"))
      .first();
    await tx.db.patch("assignments", next._id, { hasTurn: waiting !== null, wantsTurn: false });
    if (waiting !== null) {
      tx.tasks.push({ kind: "gates", assignment: next._id });
      return looked;
    }
  }
  tx.tasks.push({ kind: "turn", namespace });
  return WISHES_PER_STEP;
}
