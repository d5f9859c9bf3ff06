// Claimers that find their jobs as runners do: each subscribes to the window of ready jobs, and the runner's own rules
// choose from it. What others took meanwhile costs a call that is refused.
import { api } from "../../convex/_generated/api.js";
import { rankFor } from "../../domain/rendezvous.ts";
import { chooseJob, chooseNext } from "../../runner/claim/choose.ts";
import { claim, claimers, namespace, report } from "./drover.mjs";
import { untilCount, within } from "./measure.mjs";

const WAIT_MS = 600_000;

/** Drains `count` ready jobs with `width` such claimers; `calls` is what they asked for each claimed job. */
export async function drainByWindow(queue, count, width) {
  const workers = await claimers(queue, width);
  const shared = {
    names: workers.map((_, i) => `bench${i}`),
    calls: 0,
    isOver: false,
    counter: untilCount(count),
  };
  const cpu = queue.host.usage().cpuSeconds;
  const all = workers.map((worker, i) => windowClaimer(worker, shared.names[i], shared));
  const seconds = await within(WAIT_MS, "the end of the jobs", shared.counter.done);
  shared.isOver = true;
  await Promise.all(all.map((each) => each.stop()));
  const cpuMs = ((queue.host.usage().cpuSeconds - cpu) / count) * 1000;
  await Promise.all(workers.map(({ client }) => client.close()));
  return { perSecond: count / seconds, cpuMs, calls: shared.calls / count };
}

function windowClaimer(worker, me, shared) {
  const seen = new Map();
  const done = new Set();
  let offers = [];
  let wake = () => undefined;
  const unsubscribe = worker.client.onUpdate(api.scheduler.ready, { namespace, pool: "default" }, (ready) => {
    for (const { id } of ready) if (!seen.has(id)) seen.set(id, performance.now());
    offers = ready.map((job) => ({ namespace, job, seenAt: seen.get(job.id) }));
    wake();
  });
  const chooser = {
    fits: ({ job }) => !done.has(job.id),
    rank: ({ job }) => rankFor(job.id, me, shared.names),
  };
  const turn = (ms) =>
    new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const work = async () => {
    while (!shared.isOver) {
      const choice = chooseJob(offers, chooser, performance.now());
      if (choice.kind !== "claim") {
        await turn(choice.ms);
        continue;
      }
      shared.calls++;
      done.add(choice.offer.job.id);
      let claimed = await claim(worker, choice.offer.job.id);
      while (claimed !== null) {
        done.add(claimed.job.id);
        const next = chooseNext(offers, chooser).map(({ job }) => job.id);
        shared.calls++;
        claimed = (await report(worker, claimed, next)).next;
        shared.counter.one();
      }
    }
  };
  const working = work();
  const stop = async () => {
    wake();
    await working;
    unsubscribe();
  };
  return { stop };
}
