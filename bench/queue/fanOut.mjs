// What a commit costs when many subscribe to what it changes.
import { api } from "../../convex/_generated/api.js";
import { assignment, namespace } from "./drover.mjs";
import { percentiles, rate, untilCount, within } from "./measure.mjs";

const WAIT_MS = 600_000;
/** Commits one after another for one that waits for all its subscribers: the former are over sooner. */
const SERIAL_FACTOR = 10;

/**
 * One commit until the last of `count` subscribers has it, each commit when all have the one before; then commits one
 * after another as their committer sees them, until all have the last.
 */
export async function fanOut(queue, count, commits) {
  const to = await assignment(queue);
  const watchers = await watch(queue, count, to);
  const update = (decisions) => {
    const all = watchers.await(decisions);
    const call = queue.admin.mutation(api.assignments.update, { namespace, assignment: to, decisions });
    return { all, call };
  };
  const cpu = () => queue.host.usage().cpuSeconds * 1000;
  const took = [];
  let before = cpu();
  for (let i = 0; i < commits; i++) {
    const { all, call } = update(`decision ${i}`);
    took.push((await within(WAIT_MS, "all subscribers", all)) * 1000);
    await call;
  }
  const cpuMs = (cpu() - before) / commits;
  before = cpu();
  let last;
  const serial = await rate(commits * SERIAL_FACTOR, 1, (i) => {
    const { all, call } = update(`serial decision ${i}`);
    last = all;
    return call;
  });
  await within(WAIT_MS, "all subscribers", last);
  const serialCpuMs = (cpu() - before) / (commits * SERIAL_FACTOR);
  await watchers.stop();
  return { ...percentiles(took), cpuMs, serial: { ...serial, cpuMs: serialCpuMs } };
}

/** Clients that watch an assignment, each on a socket of its own. */
async function watch(queue, count, to) {
  const clients = Array.from({ length: count }, () => queue.host.client());
  const first = untilCount(count);
  let expected = "";
  let arrived = () => undefined;
  const stops = clients.map((client) => {
    let isFirst = true;
    return client.onUpdate(api.assignments.get, { namespace, assignment: to }, ({ assignment: row }) => {
      if (isFirst) first.one();
      isFirst = false;
      if (row.decisions === expected && expected !== "") arrived();
    });
  });
  await within(WAIT_MS, "the first results", first.done);
  return {
    /** Seconds until all have a result with these decisions. */
    await: (decisions) => {
      const all = untilCount(count);
      arrived = all.one;
      expected = decisions;
      return all.done;
    },
    stop: async () => {
      for (const stop of stops) stop();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
