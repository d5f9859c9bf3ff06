/**
 * Finding what an argument names: a document id or a handle. What lies in another namespace, or outside of an
 * agent's assignment, reads exactly like what does not exist.
 */
import { parseHandle } from "../../../domain/handle.ts";
import type { JobState } from "../../../domain/jobState.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { grantsNamespace, grantsPool, type Caller } from "../access/caller.ts";
import { fail } from "./fail.ts";
import { once } from "./rowMemory.ts";
import type { Authorized, Reading, ScopedReading } from "./tx.ts";

/** The job of this id or handle; NOT_FOUND otherwise. */
export async function findJob(ctx: ScopedReading, ref: string): Promise<Doc<"jobs">> {
  return (await seekJob(ctx, ref)) ?? unknown(ctx, "job", ref);
}

/** The assignment of this id or handle; NOT_FOUND otherwise. */
export async function findAssignment(ctx: ScopedReading, ref: string): Promise<Doc<"assignments">> {
  return (await seekAssignment(ctx, ref)) ?? unknown(ctx, "assignment", ref);
}

/** The session of this id, when the caller may act in all of its namespaces and pools; NOT_FOUND otherwise. */
export async function findSession(ctx: Reading & Authorized, ref: string): Promise<Doc<"sessions">> {
  const id = ctx.db.normalizeId("sessions", ref);
  const session = id === null ? null : await ctx.db.get("sessions", id);
  if (session !== null && grantsAll(ctx.caller, session)) return session;
  return fail(
    "NOT_FOUND",
    `session ${JSON.stringify(ref)} is unknown: expected the id that sessions:start gave; start a new session`,
  );
}

/** True when the caller may act wherever a runner, or a session of one, serves. */
export function grantsAll(
  caller: Caller,
  { namespaces, pools }: Pick<Doc<"sessions">, "namespaces" | "pools">,
): boolean {
  return (
    namespaces.every((name) => grantsNamespace(caller, name)) &&
    pools.every((pool) => grantsPool(caller, pool))
  );
}

/** As `findJob`, but null for what the caller may not know. */
export async function seekJob(ctx: ScopedReading, ref: string): Promise<Doc<"jobs"> | null> {
  const id = ctx.db.normalizeId("jobs", ref);
  const job = id === null ? await jobByHandle(ctx, ref) : await ctx.db.get("jobs", id);
  if (job?.namespace !== ctx.namespace._id) return null;
  return mayKnow(ctx, job.assignment) ? job : null;
}

/** As `findAssignment`, but null for what the caller may not know. */
export async function seekAssignment(ctx: ScopedReading, ref: string): Promise<Doc<"assignments"> | null> {
  const id = ctx.db.normalizeId("assignments", ref);
  const assignment = id === null ? await assignmentByHandle(ctx, ref) : await ctx.db.get("assignments", id);
  if (assignment?.namespace !== ctx.namespace._id) return null;
  return mayKnow(ctx, assignment._id) ? assignment : null;
}

/** North star, artifacts and decisions of an assignment; every assignment has this row from its creation on. */
export async function assignmentTextsOf(
  ctx: Reading,
  assignment: Id<"assignments">,
): Promise<Doc<"assignmentTexts">> {
  const texts = await once(ctx, { table: "assignmentTexts", key: [assignment] }, () =>
    ctx.db
      .query("assignmentTexts")
      .withIndex("by_assignment", (q) => q.eq("assignment", assignment))
      .unique(),
  );
  if (texts === null) throw new Error(`assignment ${assignment} has no texts: it was half deleted`);
  return texts;
}

/** The jobs of an assignment, by number: the end of a range of handles, so that no further index is needed. */
export function jobsByNumber(
  { db }: Reading,
  { namespace, number }: Pick<Doc<"assignments">, "namespace" | "number">,
  from = 0,
) {
  return db
    .query("jobs")
    .withIndex("by_handle", (q) =>
      q.eq("namespace", namespace).eq("assignmentNumber", number).gte("number", from),
    );
}

/** The jobs of an assignment in one state, by number: what `by_status` sorts, so that no further index is needed. */
export function jobsInState(
  { db }: Reading,
  { namespace, number }: Pick<Doc<"assignments">, "namespace" | "number">,
  status: JobState,
) {
  return db
    .query("jobs")
    .withIndex("by_status", (q) =>
      q.eq("namespace", namespace).eq("status", status).eq("assignmentNumber", number),
    );
}

/** A row that another row names and that is never deleted before it; its absence is a bug. */
export function present<T>(row: T | null, what: string): T {
  if (row === null) throw new Error(`${what} is gone although something still names it`);
  return row;
}

async function jobByHandle(ctx: ScopedReading, ref: string): Promise<Doc<"jobs"> | null> {
  const handle = parseHandle(ref);
  const number = handle?.job;
  if (handle === undefined || number === undefined) return null;
  return ctx.db
    .query("jobs")
    .withIndex("by_handle", (q) =>
      q.eq("namespace", ctx.namespace._id).eq("assignmentNumber", handle.assignment).eq("number", number),
    )
    .unique();
}

async function assignmentByHandle(ctx: ScopedReading, ref: string): Promise<Doc<"assignments"> | null> {
  const handle = parseHandle(ref);
  if (handle === undefined || handle.job !== undefined) return null;
  return ctx.db
    .query("assignments")
    .withIndex("by_number", (q) => q.eq("namespace", ctx.namespace._id).eq("number", handle.assignment))
    .unique();
}

function mayKnow({ caller }: Authorized, assignment: Id<"assignments">): boolean {
  return caller.agent === undefined || caller.agent.assignment === assignment;
}

function unknown(ctx: ScopedReading, what: "job" | "assignment", ref: string): never {
  const example = what === "job" ? "12.3" : "12";
  return fail(
    "NOT_FOUND",
    `${what} ${JSON.stringify(ref)} is unknown in namespace ${JSON.stringify(ctx.namespace.name)}: expected an id or a handle like ${example}`,
  );
}
