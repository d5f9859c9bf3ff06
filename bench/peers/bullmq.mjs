// BullMQ on Redis: one Worker of concurrency 1 with connections of its own for each claimer; its completion always
// carries the next claim. Graphs are its flows: trees, children first.
import { setTimeout as sleep } from "node:timers/promises";
import { FlowProducer, Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { untilCount } from "../queue/measure.mjs";
import { payload, QUIET_MS } from "./load.mjs";

const BEST = { workers: 2, concurrency: 50 };
const QUEUE = "noop";

export const facts = {
  package: "bullmq",
  jobByJob: "one Worker of concurrency 1 a claimer; its completion always carries the next claim",
  best: `${BEST.workers} Workers × concurrency ${BEST.concurrency}`,
  graph: "FlowProducer (trees only)",
};

export async function open({ url, space }) {
  const base = { connection: { url }, prefix: space };
  const queue = new Queue(QUEUE, base);
  await queue.waitUntilReady();
  const client = new Redis(url);
  return {
    add: () => queue.add(QUEUE, payload),
    addMany: (count) => queue.addBulk(Array.from({ length: count }, () => ({ name: QUEUE, data: payload }))),
    drain: (count, claimers) => work(base, count, { workers: claimers, concurrency: 1 }),
    best: (count) => work(base, count, BEST),
    listen: (onStart) => listen(base, onStart),
    tree: (layers, claimers) => tree(base, layers, claimers),
    /** All of Redis as the machine sees it. */
    async memoryMiB() {
      const info = await client.info("memory");
      return Number(/used_memory_rss:(\d+)/.exec(info)[1]) / 2 ** 20;
    },
    async close() {
      await queue.close();
      await client.flushall();
      await client.quit();
    },
  };
}

async function work(base, count, { workers, concurrency }) {
  const options = { ...base, concurrency, autorun: false };
  const all = Array.from({ length: workers }, () => new Worker(QUEUE, async () => undefined, options));
  await Promise.all(all.map((worker) => worker.waitUntilReady()));
  const counter = untilCount(count);
  for (const worker of all) {
    worker.on("completed", counter.one);
    worker.run().catch((error) => console.error(`BullMQ: ${error.message}`));
  }
  const seconds = await counter.done;
  await Promise.all(all.map((worker) => worker.close()));
  return { perSecond: count / seconds };
}

async function listen(base, onStart) {
  const worker = new Worker(QUEUE, async () => onStart(), base);
  await worker.waitUntilReady();
  await sleep(QUIET_MS);
  return () => worker.close();
}

async function tree(base, layers, claimers) {
  const producer = new FlowProducer(base);
  const fan = layers.length > 1 ? layers[1].nodes / layers[0].nodes : 0;
  const node = (depth) => ({
    name: QUEUE,
    queueName: QUEUE,
    data: payload,
    ...(depth + 1 < layers.length ? { children: Array.from({ length: fan }, () => node(depth + 1)) } : {}),
  });
  await producer.add(node(0));
  await producer.close();
  const count = layers.reduce((sum, { nodes }) => sum + nodes, 0);
  return await work(base, count, { workers: claimers, concurrency: 1 });
}
