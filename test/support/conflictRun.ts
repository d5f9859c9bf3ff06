/**
 * Tries per exchange (reports with the next claims) when the host makes concurrent mutations conflict as Convex Cloud
 * does. Claimers take jobs of one backlog, each its own, over one socket each.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { api } from "../../convex/_generated/api.js";
import { startHost } from "../../host/host.ts";
import { sign, testKeys } from "./keys.ts";

const CONVEX = fileURLToPath(new URL("../../convex", import.meta.url));
const BATCH = 400;
const namespace = "app";

export interface Tries {
  calls: number;
  tries: number;
  failed: number;
}
export interface ConflictRun {
  /** Ids of the backlog, and of what was run, in the order of the claims. */
  jobs: string[];
  ran: string[];
  exchange: Tries;
}

/** Drains a backlog on a host of its own, which is gone afterwards. */
export async function runConflicts(count: number, claimers: number, slots: number): Promise<ConflictRun> {
  const keys = await testKeys();
  const home = await mkdtemp(join(tmpdir(), "drover-conflicts-"));
  const host = await startHost({
    ...{ functions: CONVEX, data: join(home, "data.sqlite3"), port: 0, sitePort: 0, adminKey: "key" },
    env: { DROVER_JWKS: keys.jwks, DROVER_LEASE_MS: "3600000" },
    simulateConflicts: true,
  });
  const token = await sign(keys.privateJwk, { role: "admin", namespaces: "*" }, { expiresAt: "6h" });
  const clients: ConvexClient[] = [];
  const connect = () => {
    const made = new ConvexClient(host.url, {
      skipConvexDeploymentUrlCheck: true,
      expectAuth: true,
      logger: false,
    });
    made.setAuth(() => Promise.resolve(token));
    clients.push(made);
    return made;
  };
  try {
    const jobs = await backlog(connect(), count);
    const left = [...jobs];
    const ran: string[] = [];
    const take = () => left.splice(0, slots);
    const work = Array.from({ length: claimers }, (_, i) => drain(connect(), `r${i}`, { take, ran }));
    await Promise.all(work);
    const counts = host.conflicts();
    return { jobs, ran, exchange: counts["work:exchange"] ?? { calls: 0, tries: 0, failed: 0 } };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await host.stop();
    await rm(home, { recursive: true, force: true });
  }
}

const DONE = {
  ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
  outcome: { kind: "complete" as const, result: "ok" },
};

async function drain(
  worker: ConvexClient,
  name: string,
  { take, ran }: { take: () => string[]; ran: string[] },
): Promise<void> {
  const { session } = await worker.mutation(api.sessions.start, {
    ...{ runner: name, host: name, version: "1", namespaces: [namespace] },
    ...{ pools: ["default"], slots: 8, profiles: ["script"] },
  });
  let reports: (typeof api.work.exchange)["_args"]["reports"] = [];
  for (let jobs = take(); jobs.length + reports.length > 0; jobs = take()) {
    const call = { namespace, session, reports, claim: { jobs, slots: jobs.length } };
    const { claimed } = await worker.mutation(api.work.exchange, call);
    ran.push(...claimed.map(({ job }) => job.id));
    reports = claimed.map(({ job }) => ({ fence: { job: job.id, attempt: job.attempt, session }, ...DONE }));
  }
}

async function backlog(admin: ConvexClient, count: number): Promise<string[]> {
  await admin.mutation(api.namespaces.ensure, { namespace });
  const { id } = await admin.mutation(api.assignments.create, {
    ...{ namespace, northStar: "conflicts", policy: "static", independent: true },
    limits: { maxJobs: 1_000_000 },
  });
  const ids: string[] = [];
  for (let at = 0; at < count; at += BATCH) {
    const jobs = Array.from({ length: Math.min(BATCH, count - at) }, () => ({
      ...{ type: "script" as const, context: "true", lock: null },
    }));
    const answer = await admin.mutation(api.jobs.insert, { namespace, assignment: id, jobs, parallel: true });
    if (answer.kind !== "inserted") throw new Error(answer.reason);
    ids.push(...answer.jobs.map((job) => job.id));
  }
  return ids;
}
