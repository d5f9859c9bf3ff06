import { MAX_TEXT_BYTES } from "../../../domain/limits.ts";
import { IMPORTING } from "../../../domain/runHold.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { checkName, checkNames, checkNumber, checkSize } from "../shared/checks.ts";
import { block } from "../assignments/assignmentState.ts";
import { createAssignment } from "../assignments/createAssignment.ts";
import { insertJobs } from "../insert/insertJobs.ts";
import { fail } from "../shared/fail.ts";
import { findAssignment, present } from "../shared/find.ts";
import type { NewJob } from "../shared/shapes.ts";
import type { ScopedReading, ScopedTx } from "../shared/tx.ts";
import { defined } from "../../../domain/defined.ts";
import type { Inserted } from "../insert/writePlan.ts";

/** Tasks that one run may have: what a person still calls one file. */
const MAX_TASKS = 100_000;
/** Kind of the assignments that runs make. */
const KIND = "task_batch";

type CreateArgs = {
  northStar: string;
  label: string;
  spec: string;
  tasks: number;
  key?: string;
  sourceRef?: string;
  failFast?: boolean;
  held?: boolean;
  review?: NonNullable<Doc<"runs">["review"]>;
  parent?: string;
  limits?: Doc<"assignments">["limits"];
};

/** See `runs:create`. */
export async function createRun(
  ctx: ScopedTx,
  args: CreateArgs,
): Promise<{ id: string; assignment: number; created: boolean }> {
  check(args);
  const known = args.key === undefined ? null : await runByKey(ctx, args.key);
  if (known !== null) {
    const { number } = present(await ctx.db.get("assignments", known.assignment), "a run's assignment");
    return { id: known._id, assignment: number, created: false };
  }
  const { id, number } = await createAssignment(ctx, {
    northStar: args.northStar,
    kind: KIND,
    policy: "static",
    independent: true,
    // Each task may get a review; the file itself says how many tasks there are.
    limits: { maxJobs: Math.max(1, args.tasks * 2), ...args.limits },
    ...defined({ sourceRef: args.sourceRef }),
  });
  const run = await ctx.db.insert("runs", {
    namespace: ctx.namespace._id,
    assignment: id as Id<"assignments">,
    label: args.label,
    spec: args.spec,
    tasks: args.tasks,
    failFast: args.failFast ?? false,
    ...defined({ key: args.key, review: args.review, parent: args.parent }),
  });
  if (args.held === true) {
    const assignment = await ctx.db.get("assignments", id as Id<"assignments">);
    await block(ctx, present(assignment, "a run's assignment"), IMPORTING);
  }
  return { id: run, assignment: number, created: true };
}

/** See `runs:insert`. */
export async function insertIntoRun(
  ctx: ScopedTx,
  args: { run: string; jobs: NewJob[] },
): Promise<Inserted[]> {
  const run = await findRun(ctx, args.run);
  const result = await insertJobs(ctx, { assignment: run.assignment, jobs: args.jobs, run: run._id });
  if (result.kind === "limit") return fail("LIMIT", result.reason);
  return result.jobs;
}

/** The run of this id, or of the assignment that this id or handle names; NOT_FOUND otherwise. */
export async function findRun(ctx: ScopedReading, ref: string): Promise<Doc<"runs">> {
  const id = ctx.db.normalizeId("runs", ref);
  const run = id === null ? await runOfAssignment(ctx, ref) : await ctx.db.get("runs", id);
  if (run !== null && run.namespace === ctx.namespace._id) return run;
  return fail(
    "NOT_FOUND",
    `run ${JSON.stringify(ref)} is unknown in namespace ${JSON.stringify(ctx.namespace.name)}: expected an id of \`drover runs\` or the number of its assignment`,
  );
}

async function runOfAssignment(ctx: ScopedReading, ref: string): Promise<Doc<"runs"> | null> {
  if (!/^\d+$/.test(ref) && ctx.db.normalizeId("assignments", ref) === null) return null;
  const assignment = await findAssignment(ctx, ref);
  return ctx.db
    .query("runs")
    .withIndex("by_assignment", (q) => q.eq("assignment", assignment._id))
    .first();
}

function runByKey({ db, namespace }: ScopedReading, key: string): Promise<Doc<"runs"> | null> {
  return db
    .query("runs")
    .withIndex("by_key", (q) => q.eq("namespace", namespace._id).eq("key", key))
    .first();
}

function check({ label, key, parent, spec, tasks, review }: CreateArgs): void {
  checkName(label, "label");
  checkName(key, "key");
  checkName(parent, "parent");
  checkSize(spec, "spec");
  if (new TextEncoder().encode(spec).length > MAX_TEXT_BYTES) fail("INVALID", "spec: too long");
  checkNumber(tasks, "tasks", { min: 0, max: MAX_TASKS });
  checkNames(review?.profiles, "review.profiles");
}
