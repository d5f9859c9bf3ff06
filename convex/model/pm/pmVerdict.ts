/** What a PM job came to: it acted through the CLI, or answered with a decision, or neither. SPEC.md §6. */
import { parsePmDecision, type PmDecision } from "../../../domain/pmDecision.ts";
import { ConvexError } from "convex/values";
import type { ErrorData } from "../../../domain/errors.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { block, moveAssignment } from "../assignments/assignmentState.ts";
import { assignmentTextsOf, present } from "../shared/find.ts";
import { insertDecided } from "./pmInsert.ts";
import { callPm } from "./pmCall.ts";
import { isOpenAssignment } from "../readiness/readiness.ts";
import type { Tx } from "../shared/tx.ts";

/** Reads and carries out the decision of a settled PM job; reminds it once, then blocks the assignment. */
export async function judgePm(
  tx: Tx,
  assignment: Doc<"assignments">,
  { pm, answer }: { pm: Doc<"jobs">; answer: string },
): Promise<void> {
  if (pm.acted) return;
  const decision: PmDecision = pm.status === "complete" ? parsePmDecision(answer) : { kind: "none" };
  const why = await carryOut(tx, assignment, { pm, decision });
  if (why === null || !isOpenAssignment(assignment)) return;
  if (pm.reminder) return block(tx, assignment, `the PM gave no decision: ${why}`);
  const reviewed = present(
    pm.reviews === undefined ? null : await tx.db.get("jobs", pm.reviews),
    "a reviewed job",
  );
  await callPm(tx, assignment, { reviewed, reminderOf: { pm, why } });
}

/** Carries the decision out; the reason why it counts as none, or null. */
async function carryOut(
  tx: Tx,
  assignment: Doc<"assignments">,
  { pm, decision }: { pm: Doc<"jobs">; decision: PmDecision },
): Promise<string | null> {
  switch (decision.kind) {
    case "none":
      return pm.status === "failed"
        ? `its job failed (${pm.error ?? "no reason given"})`
        : "it neither used the CLI nor ended with a JSON decision";
    case "invalid":
      return `its decision is not valid (${decision.reason})`;
    case "insert": {
      const refused = await tryInsert(tx, assignment, { pm, jobs: decision.jobs });
      if (refused !== null) return refused;
      break;
    }
    case "complete":
      await moveAssignment(tx, assignment, { to: "complete", except: pm._id });
      break;
    case "block":
      await moveAssignment(tx, assignment, {
        to: "blocked",
        blocked: { reason: decision.reason, owner: decision.owner },
      });
      break;
    default:
      return decision satisfies never;
  }
  await writeTexts(tx, assignment, decision);
  return null;
}

async function tryInsert(
  tx: Tx,
  assignment: Doc<"assignments">,
  wish: Parameters<typeof insertDecided>[2],
): Promise<string | null> {
  try {
    return await insertDecided(tx, assignment, wish);
  } catch (error) {
    // The insert checks everything before it writes, so a refusal leaves nothing behind.
    if (error instanceof ConvexError) {
      return `its decision could not be carried out (${(error.data as ErrorData).message})`;
    }
    throw error;
  }
}

async function writeTexts(
  tx: Tx,
  assignment: Doc<"assignments">,
  { artifacts, decisions }: { artifacts?: string; decisions?: string },
): Promise<void> {
  if (artifacts === undefined && decisions === undefined) return;
  const texts = await assignmentTextsOf(tx, assignment._id);
  await tx.db.patch("assignmentTexts", texts._id, {
    ...(artifacts === undefined ? {} : { artifacts }),
    ...(decisions === undefined ? {} : { decisions }),
  });
}
