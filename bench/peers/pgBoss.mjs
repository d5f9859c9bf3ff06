// pg-boss: claimers are loops of fetch() and complete() over one pool, since work() with its defaults looks for jobs
// every two seconds. Graphs are its flow(), whose resolver runs at most once a second.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { PgBoss } from "pg-boss";
import { untilCount } from "../queue/measure.mjs";
import { payload, QUIET_MS } from "./load.mjs";

const BEST = { loops: 4, batchSize: 500 };
const QUEUE = "noop";
const EMPTY_MS = 20;

export const facts = {
  package: "pg-boss",
  jobByJob: "loops of fetch() and complete() over one pool",
  best: `${BEST.loops} loops, ${BEST.batchSize} jobs a fetch() and complete()`,
  graph: "flow(), flowIntervalSeconds 1 (its least)",
};

export async function open({ url, space, width, notify = false }) {
  const boss = new PgBoss({
    connectionString: url,
    schema: space,
    max: Math.max(10, width),
    flowIntervalSeconds: 1,
    useListenNotify: notify,
  });
  boss.on("error", (error) => console.error(`pg-boss: ${error.message}`));
  await boss.start();
  await boss.createQueue(QUEUE, { notify });
  return {
    add: () => boss.send(QUEUE, payload),
    addMany: (count) =>
      boss.insert(
        QUEUE,
        Array.from({ length: count }, () => ({ data: payload })),
      ),
    drain: (count, claimers) => drain(boss, count, { loops: claimers, batchSize: 1 }),
    best: (count) => drain(boss, count, BEST),
    listen: (onStart) => listen(boss, onStart),
    graph: (layers, claimers) => graph(boss, layers, claimers),
    async close() {
      await boss.stop({ graceful: false });
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${space} CASCADE`);
      await client.end();
    },
  };
}

async function drain(boss, count, { loops, batchSize }) {
  const counter = untilCount(count);
  let left = count;
  const loop = async () => {
    while (left > 0) {
      const jobs = await boss.fetch(QUEUE, { batchSize });
      if (jobs.length === 0) await sleep(EMPTY_MS);
      else await boss.complete(QUEUE, jobs.length === 1 ? jobs[0].id : jobs.map(({ id }) => id));
      left -= jobs.length;
      for (const _ of jobs) counter.one();
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return { perSecond: count / (await counter.done) };
}

async function listen(boss, onStart) {
  const worker = await boss.work(QUEUE, () => onStart());
  await sleep(QUIET_MS);
  return () => boss.offWork(QUEUE, { id: worker, wait: true });
}

/** Inserts the whole graph at once, then drains it. */
async function graph(boss, layers, claimers) {
  const jobs = layers.flatMap(({ nodes, parentsOf }, depth) =>
    Array.from({ length: nodes }, (_, i) => ({
      ref: `${depth}-${i}`,
      name: QUEUE,
      data: payload,
      ...(depth === 0 ? {} : { dependsOn: [...new Set(parentsOf(i))].map((at) => `${depth - 1}-${at}`) }),
    })),
  );
  await boss.flow(jobs);
  return await drain(boss, jobs.length, { loops: claimers, batchSize: 1 });
}
