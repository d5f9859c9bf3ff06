/**
 * Mends what no code path should leave behind: jobs that run under a session that has ended, parked jobs whose time
 * has passed, stored readiness that its causes do not bear out, reservations that nobody may hold. The way out for
 * whoever would otherwise edit the database.
 */
import { jobHandle } from "../../../domain/handle.ts";
import type { JobState } from "../../../domain/jobState.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { holdsLock } from "../readiness/locks.ts";
import { refresh } from "../readiness/readiness.ts";
import { lapse } from "../sessions/reaper.ts";
import { lose } from "../attempts/setback.ts";
import type { Reading, ScopedTx, Tx } from "../shared/tx.ts";
import { unpark } from "../readiness/wakeUp.ts";

/** Jobs that one call looks at: each may need a dozen reads. */
const PAGE = 50;
/** A timer may be late by this before its job counts as forgotten, ms. */
const LATE_MS = 120_000;
/** Edges of one job that are counted. */
const MAX_EDGES = 1000;

type Place = { assignmentNumber: number; number: number };
type Args = { status: JobState; after?: Place; fix: boolean };
/** What is wrong with a job, and what mends it. */
interface Fault {
  text: string;
  mend: () => Promise<unknown>;
}

/** See `repair:jobs`. */
export async function repairPage(ctx: ScopedTx, { status, after, fix }: Args) {
  const page = await jobsAfter(ctx, status, after ?? { assignmentNumber: -1, number: -1 });
  const found: { handle: string; text: string }[] = [];
  for (const job of page) {
    const fault = await faultOf(ctx, job);
    if (fault === undefined) continue;
    found.push({ handle: jobHandle(job), text: fault.text });
    if (fix) await fault.mend();
  }
  const last = page.at(-1);
  const next = last === undefined ? null : { assignmentNumber: last.assignmentNumber, number: last.number };
  return { looked: page.length, found, next };
}

async function jobsAfter(
  { db, namespace }: ScopedTx,
  status: JobState,
  after: Place,
): Promise<Doc<"jobs">[]> {
  const same = await db
    .query("jobs")
    .withIndex("by_status", (q) =>
      q
        .eq("namespace", namespace._id)
        .eq("status", status)
        .eq("assignmentNumber", after.assignmentNumber)
        .gt("number", after.number),
    )
    .take(PAGE);
  if (same.length > 0) return same;
  return db
    .query("jobs")
    .withIndex("by_status", (q) =>
      q.eq("namespace", namespace._id).eq("status", status).gt("assignmentNumber", after.assignmentNumber),
    )
    .take(PAGE);
}

function faultOf(tx: Tx, job: Doc<"jobs">): Promise<Fault | undefined> {
  switch (job.status) {
    case "running":
      return runningFault(tx, job);
    case "awaiting_retry":
      return Promise.resolve(parkedFault(tx, job));
    case "pending":
      return pendingFault(tx, job);
    case "awaiting_approval":
    case "complete":
    case "failed":
    case "skipped":
    case "canceled":
      return Promise.resolve(undefined);
    default:
      return job.status satisfies never;
  }
}

async function runningFault(tx: Tx, job: Doc<"jobs">): Promise<Fault | undefined> {
  if (job.manual) return undefined;
  const session = job.session === undefined ? null : await tx.db.get("sessions", job.session);
  const ended = session?.status !== "live";
  if (!ended && session.leaseUntil + LATE_MS > tx.now) return undefined;
  return {
    text: ended ? "runs, but its session has ended" : "runs, but its lease lapsed and nobody has acted on it",
    mend: async () => {
      if (!ended) return lapse(tx, session);
      return lose(tx, job, "repair: its session had ended");
    },
  };
}

function parkedFault(tx: Tx, job: Doc<"jobs">): Fault | undefined {
  if (job.retryAt !== undefined && job.retryAt + LATE_MS > tx.now) return undefined;
  return { text: "waits for a time that has passed", mend: () => unpark(tx, job) };
}

async function pendingFault(tx: Tx, job: Doc<"jobs">): Promise<Fault | undefined> {
  const unmetDeps = await openEdges(tx, job._id);
  if (unmetDeps !== job.unmetDeps) {
    return {
      text: `counts ${job.unmetDeps} open dependencies, has ${unmetDeps}`,
      mend: async () => {
        await tx.db.patch("jobs", job._id, { unmetDeps });
        return refresh(tx, job._id);
      },
    };
  }
  const overdue = job.gate === "time" && (job.notBefore ?? 0) + LATE_MS < tx.now;
  const orphaned = job.gate === "ready" && !(await holdsLock(tx, job));
  const waitsForNobody = job.gate === "lock" && (await lockIsStale(tx, job));
  if (!overdue && !orphaned && !waitsForNobody && job.gate !== "none") return undefined;
  return {
    text: `stands at the gate "${job.gate}", which its causes do not bear out`,
    mend: async () => {
      if (waitsForNobody) await dropLock(tx, job);
      await tx.db.patch("jobs", job._id, { gate: "none", waitingFor: [], ready: false });
      return refresh(tx, job._id);
    },
  };
}

async function openEdges({ db }: Reading, job: Id<"jobs">): Promise<number> {
  const open = await db
    .query("edges")
    .withIndex("by_target", (q) => q.eq("to", job).eq("satisfied", false))
    .take(MAX_EDGES);
  return open.length;
}

/** A reservation counts while its holder runs, is ready or is driven by hand. */
async function lockIsStale(tx: Tx, job: Doc<"jobs">): Promise<boolean> {
  const row = await lockOf(tx, job);
  const holder = row === null ? null : await tx.db.get("jobs", row.job);
  return holder === null || !(holder.status === "running" || holder.gate === "ready");
}

async function dropLock(tx: Tx, job: Doc<"jobs">): Promise<void> {
  const row = await lockOf(tx, job);
  if (row !== null) await tx.db.delete("locks", row._id);
}

function lockOf({ db }: Reading, { namespace, lockKey }: Doc<"jobs">): Promise<Doc<"locks"> | null> {
  return db
    .query("locks")
    .withIndex("by_key", (q) => q.eq("namespace", namespace).eq("key", lockKey ?? ""))
    .unique();
}
