/**
 * Seam: Drover's own functions on a host that makes concurrent mutations conflict as Convex Cloud does, where a
 * mutation is retried four times and then fails. Sixteen claimers over one backlog must hardly get in each other's way.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { expect, it, onTestFinished } from "vitest";
import { api } from "../../convex/_generated/api.js";
import { type RunningHost, startHost } from "../../host/host.ts";
import { sign, testKeys } from "../support/keys.ts";

const CONVEX = fileURLToPath(new URL("../../convex", import.meta.url));
const CLAIMERS = 16;
/** Jobs that are ready; DROVER_CONFLICT_JOBS=10000 for the figure of the benchmarks. */
const JOBS = Number(process.env["DROVER_CONFLICT_JOBS"] ?? 640);
const BATCH = 400;
const namespace = "app";

it("needs fewer than 1.2 tries per claim and per completion that carries the next claim", async () => {
  const { host, client } = await open();
  const admin = await client();
  await admin.mutation(api.namespaces.ensure, { namespace });
  const jobs = await backlog(admin);
  const left = [...jobs];
  const ran: string[] = [];
  await Promise.all(
    Array.from({ length: CLAIMERS }, async (_, i) => {
      const worker = await client();
      const { session } = await worker.mutation(api.sessions.start, {
        ...{ runner: `r${i}`, host: `h${i}`, version: "1", namespaces: [namespace] },
        ...{ pools: ["default"], slots: 4, profiles: ["script"] },
      });
      const take = () => left.shift();
      for (let job = take(); job !== undefined; job = take()) {
        let claimed = await worker.mutation(api.work.claim, { namespace, session, job });
        while (claimed !== null) {
          ran.push(claimed.job.id);
          const next = take();
          const fence = { job: claimed.job.id, attempt: claimed.job.attempt, session };
          const claimNext = next === undefined ? [] : [next];
          claimed = (await worker.mutation(api.work.report, { namespace, fence, ...DONE, claimNext })).next;
        }
      }
    }),
  );
  expect(ran.sort()).toEqual([...jobs].sort());
  const counts = host.conflicts();
  for (const path of ["work:claim", "work:report"]) {
    const { calls, tries, failed } = counts[path]!;
    console.log(`${path}: ${calls} calls, ${(tries / calls).toFixed(3)} tries each, ${failed} failed`);
    expect(failed).toBe(0);
    expect(tries / calls).toBeLessThan(1.2);
  }
}, 600_000);

const DONE = {
  ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
  outcome: { kind: "complete" as const, result: "ok" },
};

async function open(): Promise<{ host: RunningHost; client: () => Promise<ConvexClient> }> {
  const keys = await testKeys();
  const home = await mkdtemp(join(tmpdir(), "drover-conflicts-"));
  const host = await startHost({
    ...{ functions: CONVEX, data: join(home, "data.sqlite3"), port: 0, sitePort: 0, adminKey: "key" },
    env: { DROVER_JWKS: keys.jwks, DROVER_LEASE_MS: "600000" },
    simulateConflicts: true,
  });
  onTestFinished(async () => {
    await host.stop();
    await rm(home, { recursive: true, force: true });
  });
  const token = await sign(keys.privateJwk, { role: "admin", namespaces: "*" });
  const client = async () => {
    const made = new ConvexClient(host.url, {
      skipConvexDeploymentUrlCheck: true,
      expectAuth: true,
      logger: false,
    });
    made.setAuth(() => Promise.resolve(token));
    onTestFinished(() => made.close());
    return Promise.resolve(made);
  };
  return { host, client };
}

async function backlog(admin: ConvexClient): Promise<string[]> {
  const { id } = await admin.mutation(api.assignments.create, {
    ...{ namespace, northStar: "conflicts", policy: "static", independent: true },
    limits: { maxJobs: 1_000_000 },
  });
  const ids: string[] = [];
  for (let at = 0; at < JOBS; at += BATCH) {
    const jobs = Array.from({ length: Math.min(BATCH, JOBS - at) }, () => ({
      ...{ type: "script" as const, context: "true", lock: null },
    }));
    const answer = await admin.mutation(api.jobs.insert, {
      namespace,
      assignment: id,
      jobs,
      parallel: true,
    });
    if (answer.kind !== "inserted") throw new Error(answer.reason);
    ids.push(...answer.jobs.map((job) => job.id));
  }
  return ids;
}
