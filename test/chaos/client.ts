/** The people of the run: they insert the jobs over a connection that fails, cancel some, and look at the queue. */
import { ConvexHttpClient } from "convex/browser";
import { setTimeout as sleep } from "node:timers/promises";
import { api } from "../../convex/_generated/api.js";
import { sign } from "../support/keys.ts";
import type { PlannedJob } from "./plan.ts";
import type { World } from "./world.ts";

const CALL_MS = 5000;
const AGAIN_MS = 250;
const TRIES = 200;

/** Inserts one batch as an assignment; every call is sent again, with the same keys, until it is answered. */
export async function insertBatch(world: World, batch: PlannedJob[], agent: string): Promise<string> {
  const { namespace } = world;
  const key = `batch-${batch[0]?.key ?? ""}`;
  const { id } = await again(world, (client) =>
    client.mutation(api.assignments.create, {
      ...{ namespace, key, northStar: "survive", policy: "static", independent: true },
    }),
  );
  await again(world, (client) =>
    client.mutation(api.jobs.insert, {
      namespace,
      assignment: id,
      jobs: batch.map(({ format, kind, ticks, ...job }) => ({
        ...{ key: job.key, lock: job.lock, after: job.after },
        ...(format === "plain"
          ? { type: "script" as const, context: `exec sh ${agent} plain ${kind} ${ticks}` }
          : { type: "chat" as const, context: `${kind} ${ticks}`, cascade: ["mock", "spare"] }),
      })),
    }),
  );
  void cancelSome(world, id, batch);
  return id;
}

async function cancelSome(world: World, assignment: string, batch: PlannedJob[]): Promise<void> {
  const wanted = batch.filter((job) => job.cancelAfterMs !== undefined);
  const since = Date.now();
  for (const job of wanted.toSorted((a, b) => (a.cancelAfterMs ?? 0) - (b.cancelAfterMs ?? 0))) {
    await sleep(Math.max(0, since + (job.cancelAfterMs ?? 0) - Date.now()));
    const rows = await jobsOf(world, assignment);
    const row = rows.find((one) => one.key === job.key);
    if (row === undefined) continue;
    await again(world, (client) =>
      client.mutation(api.jobs.cancel, { namespace: world.namespace, job: row.id }),
    );
  }
}

/** The jobs of an assignment. */
export function jobsOf(world: World, assignment: string) {
  return again(world, async (client) => {
    const view = await client.query(api.assignments.get, { namespace: world.namespace, assignment });
    return view.jobs;
  });
}

/** One job with its attempts, and the events of its last one. */
export function detailOf(world: World, job: string) {
  const { namespace } = world;
  return again(world, async (client) => ({
    ...(await client.query(api.jobs.get, { namespace, job })),
    events: await client.query(api.events.list, { namespace, job }),
  }));
}

/** The queue in one view, as a one-shot query sees it. */
export function queueOf(world: World) {
  return again(world, (client) => client.query(api.scheduler.queueStatus, { namespace: world.namespace }));
}

export function adminToken(world: World): Promise<string> {
  return sign(world.keys.privateJwk, { role: "admin", namespaces: "*" });
}

/** Calls until there is an answer: a lost answer is indistinguishable from a lost call. */
export async function again<T>(world: World, call: (client: ConvexHttpClient) => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      const client = new ConvexHttpClient(world.proxies.client.url, {
        auth: await adminToken(world),
        logger: false,
        skipConvexDeploymentUrlCheck: true,
        fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(CALL_MS) }),
      });
      return await call(client);
    } catch (error) {
      if (tried >= TRIES) throw error;
      await sleep(AGAIN_MS);
    }
  }
}
