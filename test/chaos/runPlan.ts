/** One run: insert under faults, heal, wait for the end, stop, check. */
import { ConvexClient } from "convex/browser";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { api } from "../../convex/_generated/api.js";
import { isTerminalJob } from "../../domain/jobState.ts";
import { violations, type JobFact } from "./check.ts";
import { adminToken, again, detailOf, insertBatch, jobsOf, queueOf } from "./client.ts";
import { heal, injectFaults } from "./faults.ts";
import { readJournal } from "./journal.ts";
import { guardsLeft, processesLeft, reportsLeft } from "./leftovers.ts";
import { RUNNERS, type Plan, type PlannedJob } from "./plan.ts";
import { end, openWorld, type Programs, type World } from "./world.ts";

const AGENT = join(dirname(fileURLToPath(import.meta.url)), "agent.sh");
/** Bound of one run, and of what follows its faults, ms. */
const RUN_MS = 8 * 60_000;
const SETTLE_MS = 3 * 60_000;
const LOOK_MS = 500;
/** How long a drain may take, ms. */
const DRAIN_MS = 20_000;

export interface Verdict {
  wrong: string[];
  jobs: number;
  faults: number;
  attempts: number;
  statuses: Record<string, number>;
  seconds: number;
}

export interface RunOptions {
  folder: string;
  programs: Programs;
  leaseMs: number;
  say: (text: string) => void;
}

/** Runs a plan and judges it. */
export async function runPlan(plan: Plan, { folder, programs, leaseMs, say }: RunOptions): Promise<Verdict> {
  const since = Date.now();
  const world = await openWorld(folder, programs, { leaseMs });
  const watcher = await watch(world).catch(async (error: unknown) => {
    // A host that never came up: its runners would outlive the run.
    await world.close();
    throw error;
  });
  try {
    const assignments: string[] = [];
    let over = false;
    const injecting = injectFaults(world, plan.faults, () => over || Date.now() - since > RUN_MS);
    for (const batch of plan.batches) assignments.push(await insertBatch(world, batch, AGENT));
    const early = await untilSettled(world, assignments, {
      until: since + RUN_MS,
      seen: watcher.seen,
      stop: injecting,
    });
    over = true;
    const faults = await injecting;
    await heal(world);
    say(`healed after ${faults} faults; ${early ? "all jobs had ended" : "waiting for the rest"}`);
    await untilSettled(world, assignments, { until: Date.now() + SETTLE_MS, seen: watcher.seen });
    const facts = await factsOf(world, assignments, plan);
    const wrong = [
      ...violations(
        facts,
        plan.batches.flat().map((job) => job.key),
        await readJournal(world.journal),
      ),
      ...watcher.wrong,
      ...(await locksLeft(world, plan)),
      ...(await watcher.compare()),
      ...(await afterwards(world)),
    ];
    return {
      ...{ wrong, faults, jobs: facts.length, seconds: Math.round((Date.now() - since) / 1000) },
      attempts: facts.reduce((sum, job) => sum + job.attempt, 0),
      statuses: count(facts.map((job) => job.status)),
    };
  } finally {
    await watcher.close();
    await world.close();
  }
}

function count(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

type Seen = (jobs: { handle: string; status: string }[]) => void;

/** True when all jobs are at their end before `until`, or before `stop` is settled. */
async function untilSettled(
  world: World,
  assignments: string[],
  { until, seen, stop }: { until: number; seen: Seen; stop?: Promise<unknown> },
): Promise<boolean> {
  let stopped = false;
  void stop?.then(() => (stopped = true));
  while (Date.now() < until && !stopped) {
    const jobs = (await Promise.all(assignments.map((id) => jobsOf(world, id)))).flat();
    seen(jobs);
    if (jobs.every((job) => isTerminalJob(job.status))) return true;
    await sleep(LOOK_MS);
  }
  return false;
}

/** A subscriber over a failing connection; and everybody who looks: a job that has ended must stay so. */
async function watch(world: World) {
  const client = new ConvexClient(world.proxies.client.url, {
    ...{ skipConvexDeploymentUrlCheck: true, expectAuth: true, logger: false },
  });
  client.setAuth(() => adminToken(world));
  let latest: unknown;
  client.onUpdate(
    api.scheduler.queueStatus,
    { namespace: world.namespace },
    (value) => (latest = value),
    () => undefined,
  );
  await again(world, (http) =>
    http.mutation(api.namespaces.ensure, { namespace: world.namespace, profiles: ["mock", "spare"] }),
  );
  const ends = new Map<string, string>();
  const wrong: string[] = [];
  return {
    wrong,
    seen: (jobs: { handle: string; status: string }[]) => {
      for (const { handle, status } of jobs) {
        const before = ends.get(handle);
        if (before !== undefined && before !== status) wrong.push(`${handle}: was ${before}, then ${status}`);
        if (isTerminalJob(status as never)) ends.set(handle, status);
      }
    },
    /** The last view of the subscriber is the state. */
    async compare(): Promise<string[]> {
      for (let waited = 0; waited < DRAIN_MS; waited += LOOK_MS) {
        if (isDeepStrictEqual(latest, await queueOf(world))) return [];
        await sleep(LOOK_MS);
      }
      return [`a subscriber's last view is not the state: ${JSON.stringify(latest).slice(0, 300)}`];
    },
    close: () => client.close(),
  };
}

async function factsOf(world: World, assignments: string[], plan: Plan): Promise<JobFact[]> {
  const planned = new Map<string, PlannedJob>(plan.batches.flat().map((job) => [job.key, job]));
  const rows = (await Promise.all(assignments.map((id) => jobsOf(world, id)))).flat();
  const facts: JobFact[] = [];
  for (const row of rows) {
    const { job, attempts, events } = await detailOf(world, row.id);
    const wish = planned.get(row.key ?? "");
    facts.push({
      ...{ key: row.key ?? "", handle: job.handle, status: job.status, attempt: job.attempt },
      ...{ lostCount: job.lostCount, result: job.result, attempts, events },
      ...{ after: wish?.after ?? [], lock: wish?.lock ?? null },
    });
  }
  return facts;
}

/** Every lock can be taken again: a job for each is done. */
async function locksLeft(world: World, plan: Plan): Promise<string[]> {
  const locks = [...new Set(plan.batches.flat().flatMap((job) => (job.lock === null ? [] : [job.lock])))];
  const batch = locks.map((lock): PlannedJob => ({
    key: lock,
    format: "plain",
    kind: "slow",
    ticks: 0,
    lock,
    after: [],
  }));
  const assignment = await insertBatch(world, batch, AGENT);
  await untilSettled(world, [assignment], { until: Date.now() + DRAIN_MS, seen: () => undefined });
  const jobs = await jobsOf(world, assignment);
  return jobs.filter((job) => job.status !== "complete").map((job) => `${job.key}: the lock is left behind`);
}

/** The runners drain, then neither processes nor unsent reports are left. */
async function afterwards(world: World): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of RUNNERS) {
    const child = world.runner(name);
    if (child === undefined) continue;
    const drained = end(child, "SIGTERM").then(() => true);
    if (!(await Promise.race([drained, sleep(DRAIN_MS).then(() => false)]))) {
      wrong.push(`${name}: did not drain within ${DRAIN_MS} ms`);
      await end(child);
    }
  }
  const host = world.host();
  if (host !== undefined) await end(host, "SIGTERM");
  return [
    ...wrong,
    ...(await processesLeft(world)),
    ...(await guardsLeft(world)),
    ...(await reportsLeft(world)),
  ];
}
