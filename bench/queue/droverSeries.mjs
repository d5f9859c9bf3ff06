// Drover's figures, in the order of the page.
import { statSync } from "node:fs";
import { join } from "node:path";
import { coldStarts } from "./coldStart.mjs";
import { bulk, drain, enqueue, fill, openQueue, startLatency } from "./drover.mjs";
import { drainByExchange } from "./exchange.mjs";
import { fanOut } from "./fanOut.mjs";
import { DROVER } from "./figures.mjs";
import { graph } from "./graph.mjs";
import { startConflictingHost, startHost } from "./host.mjs";
import { rounds, shapes } from "./measure.mjs";
import { seedFinished } from "./seed.mjs";
import { tempFolder } from "./servers/server.mjs";
import { CLAIMERS } from "./sizes.mjs";
import { drainByWindow } from "./window.mjs";

export async function measureDrover(figures, size) {
  const put = (work, result) => figures.put(work, DROVER, result);
  await onHost(size, (queue) => enqueues(queue, size, put));
  await onHost(size, (queue) => drains(queue, size, put));
  await onHost(size, (queue) => graphs(queue, size, put));
  await onHost(size, async (queue, folder) => {
    put("latency", await startLatency(queue, size.latency));
    put("latency without rest", await startLatency(queue, size.latency, 0));
    for (const count of size.subscribers) put(`fanOut ${count}`, await fanOut(queue, count, size.commits));
    const starts = await coldStarts(queue.host, folder, size.coldStarts);
    for (const [name, result] of Object.entries(starts)) put(`cold ${name}`, result);
  });
  put("conflicts", await conflicts(size));
  await backlogs(size, put);
}

/** Tries of an exchange where mutations conflict as on Convex Cloud: 16 claimers by the window. */
async function conflicts(size) {
  const host = await startConflictingHost(tempFolder("conflicts"));
  const queue = await openQueue(host);
  await fill(queue, size.jobs);
  const { perSecond, calls } = await drainByWindow(queue, size.jobs, 16);
  const { "work:exchange": count } = host.conflicts();
  await host.stop();
  return { perSecond, calls, tries: count.tries / count.calls, failed: count.failed };
}

/** V8 compiles what has run often; a host that has been up for some minutes is what people have. */
async function warmUp(queue, { warm }) {
  await enqueue(queue, warm, 8);
  await drainByWindow(queue, warm, 8);
  await drain(queue, await fill(queue, warm), { width: 8 });
}

async function onHost(size, work) {
  const folder = tempFolder("drover");
  const host = await startHost(folder);
  const queue = await openQueue(host);
  await warmUp(queue, size);
  await work(queue, folder);
  await host.stop();
}

async function enqueues(queue, size, put) {
  put("enqueue 1", await rounds(() => enqueue(queue, size.sequential, 1), size.repeat));
  put("enqueue 32", await rounds(() => enqueue(queue, size.flight, 32), size.repeat));
  put("bulk", await rounds(() => bulk(queue, size.bulk), size.repeat));
}

async function drains(queue, size, put) {
  const filled = () => fill(queue, size.jobs);
  const exchanged = async (how) => await drainByExchange(queue, await filled(), how);
  const measure = async (work, run) => put(work, await rounds(run, size.repeat));
  for (const width of CLAIMERS) {
    await measure(`drain ${width}`, async () => await drain(queue, await filled(), { width }));
    await measure(`carry ${width}`, () => exchanged({ width, slots: 1 }));
    await measure(`exchange ${width}`, () => exchanged({ width, slots: 8 }));
  }
  for (const width of [8, 16]) {
    await measure(`window ${width}`, async () => {
      await filled();
      return await drainByWindow(queue, size.jobs, width);
    });
  }
  await measure("best", () => exchanged({ width: 8, slots: 32 }));
}

async function graphs(queue, size, put) {
  put("tree", await graph(queue, shapes.tree(size.depth), 8));
  put("layers", await graph(queue, shapes.layers(size.layers, size.wide), 8));
}

/** The same claims with ready jobs and more and more finished ones in the file, and what the host's memory is then. */
async function backlogs(size, put) {
  const folder = tempFolder("drover-backlog");
  const file = join(folder, "data.sqlite3");
  let host = await startHost(folder);
  let queue = await openQueue(host);
  await drain(queue, await fill(queue, 1), { width: 1 });
  await host.stop();
  let made = 1;
  for (const finished of size.finished) {
    await seedFinished(file, { count: finished - made, from: made + 1 });
    host = await startHost(folder);
    queue = await openQueue(host);
    if (made === 1) await fill(queue, size.pending);
    const carried = async (count) =>
      await drainByExchange(queue, await fill(queue, count), { width: 8, slots: 1 });
    await carried(size.warm);
    const result = await rounds(() => carried(size.jobs), size.repeat);
    put(`backlog ${finished}`, { ...result, ...host.usage(), fileMiB: statSync(file).size / 2 ** 20 });
    await host.stop();
    made = finished;
  }
}
