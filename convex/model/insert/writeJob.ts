import { defined } from "../../../domain/defined.ts";
import { resolveCascade } from "../../../domain/jobCascade.ts";
import { contentHash } from "../../../domain/contentHash.ts";
import { gateOf } from "../../../domain/gate.ts";
import { JOB_TYPES, type JobType } from "../../../domain/jobTypes.ts";
import { firstLine } from "../../../domain/text.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { scheduleDue } from "../readiness/due.ts";
import { reasonsBeforeLock, refresh } from "../readiness/readiness.ts";
import { isShort } from "../shared/jobTexts.ts";
import type { Tx } from "../shared/tx.ts";

/** Characters of a job's title. */
const MAX_TITLE_CHARS = 200;
/** The pool of jobs that name none. */
export const DEFAULT_POOL = "default";

/** Where a job belongs. */
export interface Place {
  assignment: Doc<"assignments">;
  namespace: Doc<"namespaces">;
  number: number;
  /** The batch that the job belongs to. */
  run?: Id<"runs">;
}

/** What a job says of itself; the rest comes from its type, its assignment and its namespace. */
export interface JobWish {
  type: JobType;
  context: string;
  title?: string | undefined;
  harness?: string | undefined;
  cascade?: readonly string[] | undefined;
  barred?: string[] | undefined;
  ownPriority?: number;
  timeoutMs?: number | undefined;
  idleTimeoutMs?: number | null | undefined;
  repo?: string | undefined;
  pool?: string | undefined;
  lock?: string | null | undefined;
  notBefore?: number | undefined;
  key?: string | undefined;
  unmetDeps?: number;
  hasSources?: boolean;
  insertedBy?: Id<"jobs"> | undefined;
  reviews?: Id<"jobs">;
  reminder?: boolean;
}

/** Inserts one job whose wish has been checked, with its texts, and finds out why it waits. */
export async function writeJob(tx: Tx, place: Place, wish: JobWish): Promise<Id<"jobs">> {
  const row = jobRow(place, wish);
  const waitingFor = await reasonsBeforeLock(tx, row);
  const gate = gateOf(waitingFor);
  // Only a job that is there can take its lock or stand in line for it.
  const asksForLock = gate === "ready" && row.lockKey !== undefined;
  const ready = gate === "ready" && !asksForLock;
  const { context } = wish;
  const id = await tx.db.insert("jobs", {
    ...row,
    ...(isShort(context) ? { context } : {}),
    waitingFor,
    gate: asksForLock ? "none" : gate,
    ready,
  });
  if (!isShort(context)) await tx.db.insert("jobTexts", { job: id, context });
  if (row.notBefore !== undefined && row.notBefore > tx.now) await scheduleDue(tx, id, row.notBefore);
  if (asksForLock) await refresh(tx, id);
  return id;
}

type NewRow = Omit<Doc<"jobs">, "_id" | "_creationTime" | "waitingFor" | "gate" | "ready" | "context">;

function jobRow({ assignment, namespace, number, run }: Place, wish: JobWish): NewRow {
  const rule = JOB_TYPES[wish.type];
  const repo = wish.repo ?? namespace.repo;
  const cascade = resolveCascade({ ...wish, class: rule.class }, namespace);
  const lockKey =
    wish.lock === null ? undefined : (wish.lock ?? defaultLock({ assignment, namespace }, wish.type, repo));
  return {
    namespace: namespace._id,
    assignment: assignment._id,
    assignmentNumber: assignment.number,
    number,
    type: wish.type,
    class: rule.class,
    title: firstLine(wish.title ?? wish.context, MAX_TITLE_CHARS),
    summary: "",
    pool: wish.pool ?? DEFAULT_POOL,
    cascade,
    priority: assignment.priority + (wish.ownPriority ?? 0),
    ownPriority: wish.ownPriority ?? 0,
    timeoutMs: wish.timeoutMs ?? rule.timeoutMs,
    idleTimeoutMs: wish.idleTimeoutMs === undefined ? rule.idleTimeoutMs : wish.idleTimeoutMs,
    status: "pending",
    open: true,
    unmetDeps: wish.unmetDeps ?? 0,
    hasSources: wish.hasSources === true,
    attempt: 0,
    lostCount: 0,
    limitedCount: 0,
    cancelRequested: false,
    manual: false,
    activates: assignment.status === "pending",
    reminder: wish.reminder ?? false,
    acted: false,
    contentHash: contentHash({ type: wish.type, context: wish.context, repo, cascade }),
    ...defined({ repo, lockKey, key: wish.key, notBefore: wish.notBefore }),
    ...defined({ insertedBy: wish.insertedBy, reviews: wish.reviews, barred: wish.barred, run }),
  };
}

/** Key under which a job needs something alone: the checkout it edits, or its assignment's one PM. */
function defaultLock(
  { assignment, namespace }: Omit<Place, "number" | "run">,
  type: JobType,
  repo: string | undefined,
): string | undefined {
  if (type === "pm") return `pm:${assignment.number}`;
  return JOB_TYPES[type].locksRepo ? `repo:${repo ?? namespace.name}` : undefined;
}
