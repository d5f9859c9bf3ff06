/** What keeps a ready job from being claimed: a pause, limits, or the lack of a runner. */
import { jobHandle } from "../../../domain/handle.ts";
import { earliestReset } from "../../../domain/healthRule.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { accountRow, machineRow } from "../health/healthRows.ts";
import { probingJob } from "../health/probe.ts";
import { isBarred } from "../access/barred.ts";
import { isPrivate } from "../access/privacy.ts";
import { hasRepo } from "../claim/repoAtHand.ts";
import { servingRunners, type Serving } from "../sessions/runners.ts";
import type { Cause } from "../shared/shapes.ts";
import type { Reading } from "../shared/tx.ts";

/** Machines whose health one explanation looks at: with more, one of them will do. */
const MAX_MACHINES = 20;

/** Nothing, when it only waits for a free slot. */
export async function causesOfReady(
  ctx: Reading,
  job: Doc<"jobs">,
  namespace: Doc<"namespaces">,
): Promise<Cause[]> {
  const causes: Cause[] = [];
  if (namespace.paused) causes.push({ reason: "paused", text: `namespace ${namespace.name} is paused` });
  const limits = await Promise.all(job.cascade.map((profile) => activeLimit(ctx, job, profile)));
  if (limits.every((row) => row !== null)) causes.push(...limitCauses(limits));
  const serving = await servingRunners(ctx, job.namespace);
  const lacks = await runnerCauses(ctx, job, serving);
  return [...causes, ...(lacks.length > 0 ? lacks : await refusalCauses(ctx, job, serving))];
}

/** The limits of a parked job's cascade, and when it will be tried again. */
export async function harnessCauses(ctx: Reading, job: Doc<"jobs">): Promise<Cause[]> {
  const limits = await Promise.all(job.cascade.map((profile) => activeLimit(ctx, job, profile)));
  const until = job.retryAt === undefined ? {} : { until: job.retryAt };
  const text = `all of its harness profiles (${job.cascade.join(", ")}) were limited; it will be tried again`;
  return [
    ...(await probeCauses(ctx, job)),
    { reason: "harness", text, ...until },
    ...limitCauses(limits.filter((row) => row !== null)),
  ];
}

/** The profiles of its cascade that another job tries alone after their limit: what it finds out wakes the others. */
async function probeCauses(ctx: Reading, job: Doc<"jobs">): Promise<Cause[]> {
  const causes: Cause[] = [];
  for (const profile of job.cascade) {
    const row = await accountRow(ctx, { namespace: job.namespace, profile });
    const probing = row === null || row.active ? null : await probingJob(ctx, row);
    if (probing === null) continue;
    const handle = jobHandle(probing);
    causes.push({
      reason: "harness",
      handle,
      text: `${profile}, whose limit has ended, is tried by ${handle} alone before others may use it`,
    });
  }
  return causes;
}

async function activeLimit(
  ctx: Reading,
  job: Doc<"jobs">,
  profile: string,
): Promise<Doc<"harnessHealth"> | null> {
  const row = await accountRow(ctx, { namespace: job.namespace, profile });
  return row?.active === true ? row : null;
}

function limitCauses(rows: readonly Doc<"harnessHealth">[]): Cause[] {
  const until = earliestReset(rows.map((row) => row.until));
  return rows.map(({ profile, kind, reason }) => ({
    reason: "harness",
    text: `${profile} is ${kind}: ${reason}`,
    ...(until === undefined ? {} : { until }),
  }));
}

/** Why none of the runners that serve the namespace can take a ready job; nothing when one can. */
export async function runnerCauses(
  ctx: Reading,
  job: Doc<"jobs">,
  serving: readonly Serving[],
): Promise<Cause[]> {
  const inPool = serving.filter(({ session }) => session?.pools.includes(job.pool) === true);
  if (inPool.length === 0) {
    return because(
      `no live runner serves pool ${JSON.stringify(job.pool)}: start one with \`drover runner\``,
    );
  }
  const offers = await offersFor(ctx, job, inPool);
  const cascade = job.cascade.filter((name) => !isBarred(job, name));
  const able = inPool.filter(({ session }) => cascade.some((name) => offers(session, name)));
  const offered = inPool.some(({ session }) => cascade.some((name) => session?.profiles.includes(name)));
  if (cascade.length === 0 || (able.length === 0 && offered)) {
    return because(
      `its repo is private and all of the harness profiles that it could have (${job.cascade.join(", ")}) collect data: retry it with another one`,
    );
  }
  if (able.length === 0) {
    return because(
      `no live runner offers any of its harness profiles (${cascade.join(", ")}): install one where a runner is, or cancel the job and insert it with another harness`,
    );
  }
  const namespace = await ctx.db.get("namespaces", job.namespace);
  const near = able.filter(
    ({ session }) => session !== null && namespace !== null && hasRepo(session, namespace, job),
  );
  if (near.length === 0) {
    return because(
      `no live runner that could take it has a folder for repo ${job.repo ?? ""}: add it to \`repos\` in a runner's configuration`,
    );
  }
  const awake = near.filter(({ session }) => session?.draining === false);
  if (awake.length === 0) return because("every runner that could take it is draining");
  return awake.length > MAX_MACHINES ? [] : machineCauses(ctx, job, { awake, offers });
}

/**
 * The runners whose machine is short of something, when no other can take the job. Not a cause of `runnerCauses`: memory
 * that is short for a moment makes nothing stuck.
 */
async function refusalCauses(ctx: Reading, job: Doc<"jobs">, serving: readonly Serving[]): Promise<Cause[]> {
  const willing = serving.filter(({ session }) => session?.refuses === undefined);
  if (willing.length === serving.length || (await runnerCauses(ctx, job, willing)).length === 0) return [];
  return serving
    .filter(({ session }) => session?.refuses !== undefined && session.pools.includes(job.pool))
    .slice(0, MAX_MACHINES)
    .flatMap(({ runner, session }) =>
      because(`runner ${runner.name} on ${runner.host} claims nothing: ${session?.refuses ?? ""}`),
    );
}

type Offers = (session: Serving["session"], profile: string) => boolean;

/** May this session run the job with that profile, as its claim would decide? */
async function offersFor(ctx: Reading, job: Doc<"jobs">, serving: readonly Serving[]): Promise<Offers> {
  const collects = serving.some(({ session }) => (session?.collecting ?? []).length > 0);
  const guarded = collects && (await isPrivate(ctx, job));
  return (session, profile) =>
    session?.profiles.includes(profile) === true &&
    !isBarred(job, profile) &&
    !(guarded && session.collecting?.includes(profile) === true);
}

function because(text: string): Cause[] {
  return [{ reason: "runner", text }];
}

/** What cannot run on any of the machines that offer it; nothing as soon as one could run the job. */
async function machineCauses(
  ctx: Reading,
  job: Doc<"jobs">,
  { awake, offers }: { awake: readonly Serving[]; offers: Offers },
): Promise<Cause[]> {
  const causes: Cause[] = [];
  for (const { runner, session } of awake) {
    const machine = runner.host;
    const offered = job.cascade.filter((name) => offers(session, name));
    for (const profile of offered) {
      const row = await machineRow(ctx, { namespace: job.namespace, profile, machine });
      if (row?.active !== true) return [];
      const text = `${profile} cannot run on ${machine} (${row.reason}): repair it there and start its runner again`;
      causes.push({ reason: "runner", text, ...(row.until === undefined ? {} : { until: row.until }) });
    }
  }
  return causes;
}
