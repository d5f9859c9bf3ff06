// Drover's own works, over its own functions.
import { setTimeout as sleep } from "node:timers/promises";
import { api } from "../../convex/_generated/api.js";
import { percentiles, rate, untilCount, within } from "./measure.mjs";

export const namespace = "bench";
/** Jobs in one insert; the peers' batched inserts carry as many. */
export const BATCH = 500;
const WAIT_MS = 600_000;
/** Between two jobs of the latency work, for Drover and the peers alike: each finds its worker at rest. */
const PAUSE_MS = 20;
/** About 100 bytes, as the peers' payload. */
const CONTEXT =
  "example/repository: a text about as long as the short line that names a small job, up to here, and so on";

export async function openQueue(host) {
  const admin = host.client();
  await admin.mutation(api.namespaces.ensure, { namespace });
  return { host, admin };
}

export async function assignment({ admin }) {
  const made = await admin.mutation(api.assignments.create, {
    namespace,
    northStar: "bench",
    policy: "static",
    independent: true,
    limits: { maxJobs: 10_000_000, maxConsecutiveFailures: 1_000 },
  });
  return made.id;
}

export const job = (more = {}) => ({ type: "script", context: CONTEXT, lock: null, ...more });
export const insert = ({ admin }, to, jobs, client = admin) =>
  client.mutation(api.jobs.insert, { namespace, assignment: to, jobs, parallel: true }).then((answer) => {
    if (answer.kind !== "inserted") throw new Error(answer.reason);
    return answer.jobs.map(({ id }) => id);
  });

/** Inserts jobs in batches and gives their ids. */
export async function fill(queue, count) {
  const ids = [];
  const to = await assignment(queue);
  for (let at = 0; at < count; at += BATCH) {
    const jobs = Array.from({ length: Math.min(BATCH, count - at) }, () => job());
    ids.push(...(await insert(queue, to, jobs)));
  }
  return ids;
}

/** One insert of `BATCH` jobs after another. */
export async function bulk(queue, count) {
  const begun = performance.now();
  await fill(queue, count);
  return { perSecond: (count / (performance.now() - begun)) * 1000 };
}

export async function enqueue(queue, count, width) {
  const to = await assignment(queue);
  const cpu = queue.host.usage().cpuSeconds;
  const result = await rate(count, width, () => insert(queue, to, [job()]));
  return { ...result, cpuMs: ((queue.host.usage().cpuSeconds - cpu) / count) * 1000 };
}

async function claimer({ host }, i) {
  const client = host.client();
  const started = await client.mutation(api.sessions.start, {
    runner: `bench${i}`,
    host: `bench${i}`,
    version: "1",
    namespaces: [namespace],
    pools: ["default"],
    slots: 100,
    profiles: ["claude", "script"],
  });
  return { client, session: started.session };
}

export const claimers = (queue, count) =>
  Promise.all(Array.from({ length: count }, (_, i) => claimer(queue, i)));

export const claim = ({ client, session }, id) =>
  client.mutation(api.work.claim, { namespace, session, job: id });

/** What a claimer says of a job that is done. */
export function doneBy(session, { job }) {
  const now = Date.now();
  return {
    fence: { job: job.id, attempt: job.attempt, session },
    ended: { profile: "script", harness: "script", verdict: "success", startedAt: now, endedAt: now },
    outcome: { kind: "complete", result: "ok" },
  };
}

export const report = ({ client, session }, claimed) =>
  client.mutation(api.work.report, { namespace, ...doneBy(session, claimed) });

/** Jobs a second of `work`, and the host's CPU for each. */
export async function usingCpu({ host }, jobs, work) {
  const cpu = host.usage().cpuSeconds;
  const begun = performance.now();
  await work();
  const perSecond = (jobs / (performance.now() - begun)) * 1000;
  return { perSecond, cpuMs: ((host.usage().cpuSeconds - cpu) / jobs) * 1000 };
}

/** Claims and completes each job with two calls. */
export async function drain(queue, ids, { width }) {
  const workers = await claimers(queue, width);
  const left = [...ids].reverse();
  const result = await usingCpu(queue, ids.length, () =>
    Promise.all(workers.map((worker) => oneByOne(worker, left))),
  );
  await Promise.all(workers.map(({ client }) => client.close()));
  return result;
}

async function oneByOne(worker, left) {
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    const claimed = await claim(worker, id);
    if (claimed === null) throw new Error("a job that nobody else wants was not given");
    await report(worker, claimed);
  }
}

/**
 * From the call that inserts to the moment the claim is in the claimer's hands, nothing else going on; and the host's CPU
 * for a job from its insert to its report.
 */
export async function startLatency(queue, count, pauseMs = PAUSE_MS) {
  const [worker] = await claimers(queue, 1);
  const to = await assignment(queue);
  const took = [];
  let arrived = () => undefined;
  const stop = worker.client.onUpdate(api.scheduler.ready, { namespace, pool: "default" }, (ready) => {
    if (ready.length > 0) arrived(ready[0].id);
  });
  let cpu = 0;
  for (let i = -1; i < count; i++) {
    if (i === 0) cpu = queue.host.usage().cpuSeconds;
    const ready = new Promise((resolve) => (arrived = resolve));
    const begun = performance.now();
    void insert(queue, to, [job()]);
    const claimed = await claim(worker, await within(WAIT_MS, "a ready job", ready));
    if (i >= 0) took.push(performance.now() - begun); // The first one compiles.
    arrived = () => undefined;
    await report(worker, claimed);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  stop();
  const cpuMs = ((queue.host.usage().cpuSeconds - cpu) / count) * 1000;
  return { ...percentiles(took), cpuMs, n: count };
}
