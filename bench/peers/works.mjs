// The works, in words that every peer understands. Each runs in a space (schema, prefix) of its own.
import { setTimeout as sleep } from "node:timers/promises";
import { percentiles, rate, rounds, shapes, within } from "../queue/measure.mjs";
import { QUIET_MS } from "./load.mjs";

/** A million jobs take their time. */
const WAIT_MS = 30 * 60_000;
const LATENCY_WAIT_MS = 10_000;

const inSpace = (work) => async (openAt, sizes) => {
  const queue = await openAt(sizes.open ?? {});
  try {
    return await within(WAIT_MS, "the peer's work", work(queue, sizes));
  } finally {
    await queue.close();
  }
};

export const works = {
  enqueue: inSpace(async (queue, { count, width, repeat }) => {
    await rate(50, 8, queue.add);
    return await rounds(() => rate(count, width, queue.add), repeat);
  }),
  bulk: inSpace(async (queue, { count, batch, repeat }) => {
    await queue.addMany(50);
    return await rounds(async () => {
      const { perSecond, ...rest } = await rate(Math.ceil(count / batch), 1, () => queue.addMany(batch));
      return { ...rest, perSecond: perSecond * batch };
    }, repeat);
  }),
  drain: inSpace(async (queue, { count, claimers, batch, repeat }) => {
    await fill(queue, 50, batch);
    await queue.drain(50, claimers);
    return await rounds(() => filledDrain(queue, { count, claimers, batch }), repeat);
  }),
  best: inSpace(async (queue, { count, batch, repeat }) => {
    await fill(queue, 50, batch);
    await queue.best(50);
    return await rounds(async () => {
      await fill(queue, count, batch);
      return await queue.best(count);
    }, repeat);
  }),
  latency: inSpace(latency),
  tree: inSpace((queue, { depth, claimers }) => (queue.tree ?? queue.graph)(shapes.tree(depth), claimers)),
  layers: inSpace((queue, { layers, wide, claimers }) => queue.graph(shapes.layers(layers, wide), claimers)),
  backlog: inSpace(backlog),
};

async function filledDrain(queue, { count, claimers, batch }) {
  await fill(queue, count, batch);
  return await queue.drain(count, claimers);
}

async function fill(queue, count, batch) {
  for (let at = 0; at < count; at += batch) await queue.addMany(Math.min(batch, count - at));
}

async function latency(queue, { count }) {
  let arrived = () => undefined;
  const stop = await queue.listen(() => arrived());
  const took = [];
  for (let i = -1; i < count; i++) {
    const started = new Promise((resolve) => (arrived = () => resolve(performance.now())));
    const begun = performance.now();
    await queue.add();
    const at = await within(LATENCY_WAIT_MS, "the start of a job", started);
    if (i >= 0) took.push(at - begun); // The first one compiles.
    await sleep(Math.min(20, QUIET_MS));
  }
  await stop();
  return { ...percentiles(took), n: count };
}

/** Claims with `pending` ready jobs and more and more finished ones in the store, made by really running them. */
async function backlog(queue, { finished, pending, count, claimers, batch, repeat }) {
  const results = [];
  let done = 0;
  for (const target of finished) {
    await fill(queue, target - done, batch);
    await queue.best(target - done);
    if (done === 0) await fill(queue, pending, batch);
    done = target;
    results.push({
      finished: target,
      ...(await rounds(() => filledDrain(queue, { count, claimers, batch }), repeat)),
      ...(queue.memoryMiB === undefined ? {} : { residentMiB: await queue.memoryMiB() }),
    });
  }
  return results;
}
