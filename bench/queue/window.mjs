// Claimers that find their jobs as runners do: each subscribes to the window of ready jobs, and the runner's own rules
// choose from it. What others took meanwhile costs a call that is refused.
import { api } from "../../convex/_generated/api.js";
import { rankFor } from "../../domain/rendezvous.ts";
import { CONFLICTED } from "../../host/functions/outcome.ts";
import { chooseJob, chooseSome } from "../../runner/claim/choose.ts";
import { claimers, namespace } from "./drover.mjs";
import { exchange } from "./exchange.mjs";
import { untilCount, within } from "./measure.mjs";

const WAIT_MS = 600_000;
/** Of each claimer: those of a runner. */
const SLOTS = 8;

/** Drains `count` ready jobs with `width` such claimers; `calls` is how often they asked, for each claimed job. */
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
    fits: ({ job }, beside) => !done.has(job.id) && !beside.some((other) => other.job.id === job.id),
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
    for (let held = []; !shared.isOver;) {
      const call = { now: performance.now(), slots: SLOTS, carried: held.length > 0 };
      const jobs = chooseSome(offers, chooser, call).map(({ job }) => job.id);
      if (jobs.length + held.length === 0) {
        const choice = chooseJob(offers, chooser, performance.now());
        if (choice.kind !== "claim") await turn(choice.ms);
        continue;
      }
      shared.calls++;
      const claimed = await exchange(worker, held, { jobs, slots: SLOTS }).catch(nothingIfConflicted);
      if (claimed === null) continue; // The reports go again, with other jobs.
      for (const { job } of claimed) done.add(job.id);
      // With a slot to spare, what was named and not given has been taken by another.
      if (claimed.length < SLOTS) for (const id of jobs) done.add(id);
      for (const _ of held) shared.counter.one();
      held = claimed;
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

/** Null for a call that has lost every try, which the host counts; a runner's goes again as well. */
function nothingIfConflicted(error) {
  if (String(error).includes(CONFLICTED.detail)) return null;
  throw error;
}
