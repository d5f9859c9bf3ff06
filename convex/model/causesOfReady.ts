/** What keeps a ready job from being claimed: a pause, limits, or the lack of a runner. */
import { earliestReset } from "../../domain/healthRule.ts";
import type { Doc } from "../_generated/dataModel.js";
import { accountRow } from "./healthRows.ts";
import { servingRunners, type Serving } from "./runners.ts";
import type { Cause } from "./shapes.ts";
import type { Reading } from "./tx.ts";

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
  return [...causes, ...runnerCauses(job, await servingRunners(ctx, job.namespace))];
}

/** The limits of a parked job's cascade, and when it will be tried again. */
export async function harnessCauses(ctx: Reading, job: Doc<"jobs">): Promise<Cause[]> {
  const limits = await Promise.all(job.cascade.map((profile) => activeLimit(ctx, job, profile)));
  const until = job.retryAt === undefined ? {} : { until: job.retryAt };
  const text = `all of its harness profiles (${job.cascade.join(", ")}) were limited; it will be tried again`;
  return [{ reason: "harness", text, ...until }, ...limitCauses(limits.filter((row) => row !== null))];
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
export function runnerCauses(job: Doc<"jobs">, serving: readonly Serving[]): Cause[] {
  const sessions = serving.flatMap(({ session }) => (session === null ? [] : [session]));
  const inPool = sessions.filter(({ pools }) => pools.includes(job.pool));
  if (inPool.length === 0) {
    return [
      {
        reason: "runner",
        text: `no live runner serves pool ${JSON.stringify(job.pool)}: start one with \`drover runner\``,
      },
    ];
  }
  const able = inPool.filter(({ profiles }) => job.cascade.some((profile) => profiles.includes(profile)));
  if (able.length === 0) {
    return [
      {
        reason: "runner",
        text: `no live runner offers any of its harness profiles (${job.cascade.join(", ")}): install one where a runner is, or cancel the job and insert it with another harness`,
      },
    ];
  }
  if (able.some(({ draining }) => !draining)) return [];
  return [{ reason: "runner", text: "every runner that could take it is draining" }];
}
