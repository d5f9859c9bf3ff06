// Graphs of jobs, drained by claimers that follow the window of ready jobs.
import { api } from "../../convex/_generated/api.js";
import { assignment, BATCH, claimers, insert, job, namespace } from "./drover.mjs";
import { exchange } from "./exchange.mjs";
import { untilCount, within } from "./measure.mjs";

const WAIT_MS = 600_000;
/** Jobs that a claimer works at: those of a runner with eight slots. */
const SLOTS = 8;

/** A graph in layers, each node waiting for its parents; claimers take what is in the ready window. */
export async function graph(queue, layers, width) {
  const to = await assignment(queue);
  let above = [];
  let count = 0;
  for (const { nodes, parentsOf } of layers) {
    const ids = [];
    for (let at = 0; at < nodes; at += BATCH) {
      const jobs = Array.from({ length: Math.min(BATCH, nodes - at) }, (_, i) =>
        job(above.length === 0 ? {} : { after: parentsOf(at + i).map((parent) => above[parent]) }),
      );
      ids.push(...(await insert(queue, to, jobs)));
    }
    above = ids;
    count += nodes;
  }
  return await drainReady(queue, count, width);
}

async function drainReady(queue, count, width) {
  const workers = await claimers(queue, width);
  const taken = new Set();
  const counter = untilCount(count);
  let window = [];
  let wake = [];
  const stop = queue.admin.onUpdate(api.scheduler.ready, { namespace, pool: "default" }, (ready) => {
    window = ready.map(({ id }) => id).filter((id) => !taken.has(id));
    for (const resolve of wake.splice(0)) resolve();
  });
  const take = (most) => {
    const ids = window.splice(0, most);
    for (const id of ids) taken.add(id);
    return ids;
  };
  let isOver = false;
  const work = async (worker) => {
    while (!isOver) {
      const jobs = take(SLOTS);
      if (jobs.length === 0) {
        await new Promise((resolve) => wake.push(resolve));
        continue;
      }
      let held = await exchange(worker, [], { jobs, slots: SLOTS });
      while (held.length > 0) {
        const claimed = await exchange(worker, held, { jobs: take(SLOTS), slots: SLOTS });
        for (const _ of held) counter.one();
        held = claimed;
      }
    }
  };
  const all = workers.map(work);
  const seconds = await within(WAIT_MS, "the end of the graph", counter.done);
  isOver = true;
  for (const resolve of wake.splice(0)) resolve();
  await Promise.all(all);
  stop();
  return { perSecond: count / seconds };
}
