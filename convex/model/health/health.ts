/** What the fleet knows of its profiles, shared so that a limit seen by one runner stops the others. SPEC.md §5. */
import { makeFunctionReference } from "convex/server";
import { jobHandle } from "../../../domain/handle.ts";
import { limitEnds, type HealthKind, type HealthScope } from "../../../domain/healthRule.ts";
import { MAX_PAGE } from "../../../domain/limits.ts";
import { headAndTail } from "../../../domain/text.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { checkName } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { findSession, present } from "../shared/find.ts";
import { accountRow, machineRow } from "./healthRows.ts";
import { probingJob } from "./probe.ts";
import type { ScopedReading, ScopedTx, Tx } from "../shared/tx.ts";
import { defined } from "../../../domain/defined.ts";

/** Bytes of a reason: a few lines for a person. */
export const MAX_REASON_BYTES = 2000;

export const expire = makeFunctionReference<"mutation", { health: Id<"harnessHealth">; at: number }, null>(
  "health:expire",
);

type ReportArgs = {
  session: string;
  profile: string;
  scope: HealthScope;
  kind: HealthKind;
  until?: number;
  reason: string;
};

/** See `health:list`: what holds profiles back, and the limits that have ended whose profile one job tries alone. */
export async function listHealth(ctx: ScopedReading) {
  const rows = (active: boolean) =>
    ctx.db
      .query("harnessHealth")
      .withIndex("by_active", (q) => q.eq("namespace", ctx.namespace._id).eq("active", active))
      .take(MAX_PAGE);
  const over = await Promise.all(
    (await rows(false)).map(async (row) => ({ row, job: await probingJob(ctx, row) })),
  );
  return [
    ...(await rows(true)).map((row) => toHealth(row)),
    ...over.flatMap(({ row, job }) => (job === null ? [] : [toHealth(row, jobHandle(job))])),
  ];
}

function toHealth(row: Doc<"harnessHealth">, probe?: string) {
  const { profile, scope, machine, kind, until, reason, hits } = row;
  return { profile, scope, kind, reason, hits, ...defined({ machine, until, probe }) };
}

/** See `health:report`. What is known is only ever extended; a success or a person takes it back. */
export async function reportHealth(ctx: ScopedTx, args: ReportArgs): Promise<null> {
  checkName(args.profile, "profile");
  const session = await findSession(ctx, args.session);
  if (!session.namespaces.includes(ctx.namespace.name)) {
    fail("NOT_ALLOWED", `this session serves ${session.namespaces.join(", ")}, not ${ctx.namespace.name}`);
  }
  const runner = present(await ctx.db.get("runners", session.runner), "a session's runner");
  const where = { namespace: ctx.namespace._id, profile: args.profile, machine: runner.host };
  const old = args.scope === "account" ? await accountRow(ctx, where) : await machineRow(ctx, where);
  const next = extended(old, args, ctx.now);
  const fields = {
    kind: args.kind,
    reason: headAndTail(args.reason, MAX_REASON_BYTES),
    hits: next.hits,
    until: next.until,
    active: true,
    at: ctx.now,
  };
  const id = old?._id ?? (await insertRow(ctx, args, { ...where, ...fields }));
  if (old !== null) await ctx.db.patch("harnessHealth", id, { ...fields, probe: undefined });
  if (next.until !== undefined) await ctx.scheduler.runAt(next.until, expire, { health: id, at: next.until });
  return null;
}

/** See `health:clear`. */
export async function clearHealth(
  ctx: ScopedTx,
  { profile, machine }: { profile?: string; machine?: string },
): Promise<{ cleared: number }> {
  const rows = await rowsFor(ctx, { profile, machine });
  for (const row of rows) await ctx.db.delete("harnessHealth", row._id);
  if (rows.length > 0) wake(ctx, ctx.namespace._id, profile);
  return { cleared: rows.length };
}

/** The scheduled end of a limit: it is kept, inactive, for the count of hits in a row. */
export async function expireHealth(
  tx: Tx,
  { health: id, at }: { health: Id<"harnessHealth">; at: number },
): Promise<void> {
  const row = await tx.db.get("harnessHealth", id);
  if (row?.until === at) await tx.db.patch("harnessHealth", id, { active: false });
}

/** A success of a profile that began after the limit was seen, or after it ended, proves that it works again. */
export async function forgetLimitOf(
  tx: Tx,
  { namespace, profile, startedAt }: { namespace: Id<"namespaces">; profile: string; startedAt: number },
): Promise<void> {
  const row = await accountRow(tx, { namespace, profile });
  if (row === null) return;
  const over = row.until !== undefined && row.until <= tx.now;
  if (!over && row.at >= startedAt) return;
  await tx.db.delete("harnessHealth", row._id);
  wake(tx, namespace, profile);
}

/** A runner started on this machine: what could not run there is tried again. */
export async function forgetMachine(tx: Tx, namespace: Id<"namespaces">, machine: string): Promise<void> {
  const rows = await tx.db
    .query("harnessHealth")
    .withIndex("by_machine", (q) => q.eq("namespace", namespace).eq("machine", machine))
    .take(MAX_PAGE);
  for (const row of rows) await tx.db.delete("harnessHealth", row._id);
}

function wake(tx: Tx, namespace: Id<"namespaces">, profile: string | undefined): void {
  tx.tasks.push({
    kind: "wake",
    namespace,
    after: { assignmentNumber: 0, number: 0 },
    ...(profile === undefined ? {} : { profile }),
  });
}

function extended(
  old: Doc<"harnessHealth"> | null,
  { kind, until }: ReportArgs,
  now: number,
): { until: number | undefined; hits: number } {
  const running = old !== null && old.active && (old.until === undefined || old.until > now);
  // Several jobs run into the same limit at once: that is one hit.
  const hits = old === null ? 1 : running ? old.hits : old.hits + 1;
  const ends = kind === "limited" ? limitEnds(now, hits, until) : until;
  if (!running || ends === undefined || old.until === undefined) return { until: ends, hits };
  return { until: Math.max(ends, old.until), hits };
}

function insertRow(
  tx: Tx,
  { scope, profile }: ReportArgs,
  row: Omit<Doc<"harnessHealth">, "_id" | "_creationTime" | "scope" | "profile" | "until"> & {
    until: number | undefined;
  },
): Promise<Id<"harnessHealth">> {
  const { until, machine, ...fields } = row;
  return tx.db.insert("harnessHealth", {
    ...fields,
    scope,
    profile,
    ...defined({ until, machine: scope === "machine" ? machine : undefined }),
  });
}

function rowsFor(
  { db, namespace }: ScopedTx,
  { profile, machine }: { profile: string | undefined; machine: string | undefined },
): Promise<Doc<"harnessHealth">[]> {
  const health = () => db.query("harnessHealth");
  if (profile !== undefined && machine !== undefined) {
    return health()
      .withIndex("by_profile", (q) =>
        q.eq("namespace", namespace._id).eq("profile", profile).eq("scope", "machine").eq("machine", machine),
      )
      .take(MAX_PAGE);
  }
  if (machine !== undefined) {
    return health()
      .withIndex("by_machine", (q) => q.eq("namespace", namespace._id).eq("machine", machine))
      .take(MAX_PAGE);
  }
  if (profile !== undefined) {
    return health()
      .withIndex("by_profile", (q) => q.eq("namespace", namespace._id).eq("profile", profile))
      .take(MAX_PAGE);
  }
  return health()
    .withIndex("by_profile", (q) => q.eq("namespace", namespace._id))
    .take(MAX_PAGE);
}
