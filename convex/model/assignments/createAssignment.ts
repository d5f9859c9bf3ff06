import type { Policy } from "../../../domain/assignmentState.ts";
import { firstLine } from "../../../domain/text.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { assignmentByKey } from "./assignmentViews.ts";
import { checkLimits } from "./checkLimits.ts";
import { checkName, checkNumber, checkText, MAX_PRIORITY } from "../shared/checks.ts";
import type { ScopedReading, ScopedTx } from "../shared/tx.ts";
import { defined } from "../../../domain/defined.ts";

/** Priority of assignments that name none; lower goes first. */
const DEFAULT_PRIORITY = 10;
const DEFAULT_KIND = "north_star";
/** Characters of the title that lists show. */
const MAX_TITLE_CHARS = 200;
/** Who adds follow-up jobs, by kind; every other kind is a batch to which nobody adds. */
const POLICY_OF_KIND: Readonly<Record<string, Policy>> = {
  north_star: "pm",
  chat: "pm",
  issue: "pipeline",
  plan: "pipeline",
};

type Args = {
  northStar: string;
  kind?: string;
  sourceRef?: string;
  policy?: Policy;
  priority?: number;
  independent?: boolean;
  limits?: Doc<"assignments">["limits"];
  key?: string;
};

/** See `assignments:create`. */
export async function createAssignment(
  ctx: ScopedTx,
  args: Args,
): Promise<{ id: string; number: number; created: boolean }> {
  check(args);
  const known = args.key === undefined ? null : await assignmentByKey(ctx, args.key);
  if (known !== null) return { id: known._id, number: known.number, created: false };
  const number = ((await newest(ctx))?.number ?? 0) + 1;
  const kind = args.kind ?? DEFAULT_KIND;
  const id = await ctx.db.insert("assignments", {
    namespace: ctx.namespace._id,
    number,
    title: firstLine(args.northStar, MAX_TITLE_CHARS),
    kind,
    policy: args.policy ?? POLICY_OF_KIND[kind] ?? "static",
    status: "pending",
    priority: args.priority ?? DEFAULT_PRIORITY,
    // People expect of intents that they are worked on one at a time, and of batches that they are not.
    independent: args.independent ?? kind !== DEFAULT_KIND,
    hasTurn: false,
    wantsTurn: false,
    hasDependents: false,
    limits: args.limits ?? {},
    failuresSince: 0,
    ...defined({ sourceRef: args.sourceRef, key: args.key }),
  });
  await ctx.db.insert("assignmentTexts", {
    assignment: id,
    northStar: args.northStar,
    artifacts: "",
    decisions: "",
  });
  return { id, number, created: true };
}

function check(args: Args): void {
  checkText(args.northStar, "northStar");
  for (const field of ["kind", "sourceRef", "key"] as const) checkName(args[field], field);
  checkNumber(args.priority, "priority", { min: -MAX_PRIORITY, max: MAX_PRIORITY });
  checkLimits(args.limits);
}

function newest({ db, namespace }: ScopedReading): Promise<Doc<"assignments"> | null> {
  return db
    .query("assignments")
    .withIndex("by_number", (q) => q.eq("namespace", namespace._id))
    .order("desc")
    .first();
}
