/**
 * The profile with which a claim begins: the first of the cascade that its session offers, that is healthy, and that
 * may see the repo. A profile whose limit has just ended is tried by one job alone before it is trusted again.
 */
import { earliestReset, holdsBack } from "../../../domain/healthRule.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { isBarred } from "../access/barred.ts";
import { accountRow, healthOf } from "../health/healthRows.ts";
import { probingJob } from "../health/probe.ts";
import { isPrivate } from "../access/privacy.ts";
import { present } from "../shared/find.ts";
import type { ScopedTx } from "../shared/tx.ts";

/** How long the others wait for a probe before they look again, ms; its end wakes them anyway. */
const PROBE_WAIT_MS = 60_000;

export interface Chosen {
  kind: "profile";
  name: string;
  /** Why none of those before it in the cascade; empty for the first. */
  why: string;
  /** The health row of a limit that has ended: this claim finds out whether it has. */
  probes: Id<"harnessHealth"> | undefined;
}

export type Usable =
  | Chosen
  /** The account of every profile is limited, whoever asks. */
  | { kind: "limited"; until: number | undefined }
  /** None that this session offers and this machine can run; another may. */
  | { kind: "none" };

type Judged =
  | { kind: "usable"; probes: Id<"harnessHealth"> | undefined }
  | { kind: "limited"; until: number | undefined; why: string }
  | { kind: "unusable"; why: string };

interface Who {
  session: Doc<"sessions">;
  machine: string;
}

/** Walks the cascade of a job for the session that claims it. */
export async function usableProfile(ctx: ScopedTx, job: Doc<"jobs">, who: Who): Promise<Usable> {
  const limitedUntil: (number | undefined)[] = [];
  const passed: string[] = [];
  for (const name of job.cascade) {
    const judged = await judge(ctx, job, { name, who });
    if (judged.kind === "usable")
      return { kind: "profile", name, why: passed.join("\n"), probes: judged.probes };
    if (judged.kind === "limited") limitedUntil.push(judged.until);
    passed.push(`${name}: ${judged.why}`);
  }
  if (limitedUntil.length < job.cascade.length) return { kind: "none" };
  return { kind: "limited", until: earliestReset(limitedUntil) };
}

/** Why a job that falls to another profile within its claim has passed over these. */
export async function whyPassed(
  ctx: ScopedTx,
  job: Doc<"jobs">,
  { names, session }: { names: readonly string[]; session: Doc<"sessions"> },
): Promise<string[]> {
  if (names.length === 0) return [];
  const machine = present(await ctx.db.get("runners", session.runner), "a session's runner").host;
  return Promise.all(
    names.map(async (name) => {
      const judged = await judge(ctx, job, { name, who: { session, machine } });
      return `${name}: ${judged.kind === "usable" ? "passed over by the runner" : judged.why}`;
    }),
  );
}

async function judge(
  ctx: ScopedTx,
  job: Doc<"jobs">,
  { name, who: { session, machine } }: { name: string; who: Who },
): Promise<Judged> {
  const collects = session.collecting?.includes(name) === true;
  if (isBarred(job, name) || (collects && (await isPrivate(ctx, job))))
    return { kind: "unusable", why: "it collects data, and the repo is private" };
  const rows = await healthOf(ctx, { namespace: ctx.namespace._id, profile: name, machine });
  const held = rows.filter((row) => holdsBack(row, machine, ctx.now));
  const account = held.find(({ scope }) => scope === "account");
  if (account !== undefined) {
    const { until, reason } = account;
    return { kind: "limited", until, why: `limited${untilText(until)} (${reason})` };
  }
  if (held[0] !== undefined) return { kind: "unusable", why: `not usable on ${machine} (${held[0].reason})` };
  if (!session.profiles.includes(name)) return { kind: "unusable", why: "not offered by the runner" };
  const over = rows.find(({ scope, kind }) => scope === "account" && kind === "limited");
  if (over !== undefined && (await probingJob(ctx, over)) !== null)
    return { kind: "limited", until: ctx.now + PROBE_WAIT_MS, why: "another job tries it after its limit" };
  return { kind: "usable", probes: over?._id };
}

/**
 * What a job that falls to `profile` within its claim must heed: the row of a limit that has ended, which it then
 * probes (`probes`), or the time until which another job does (`until`).
 */
export async function probeFor(
  ctx: ScopedTx,
  job: Doc<"jobs">,
  profile: string,
): Promise<{ probes?: Id<"harnessHealth">; until?: number }> {
  const row = await accountRow(ctx, { namespace: ctx.namespace._id, profile });
  const isOver = row?.kind === "limited" && row.until !== undefined && row.until <= ctx.now;
  if (row === null || !isOver) return {};
  if (row.probe?.job !== job._id && (await probingJob(ctx, row)) !== null)
    return { until: ctx.now + PROBE_WAIT_MS };
  return { probes: row._id };
}

function untilText(until: number | undefined): string {
  return until === undefined ? "" : ` until ${new Date(until).toISOString()}`;
}
