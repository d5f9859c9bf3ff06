// Claimers with several slots, as a runner has them: one call hands in what is done and takes new jobs for all slots.
import { api } from "../../convex/_generated/api.js";
import { claimers, doneBy, namespace, usingCpu } from "./drover.mjs";

/** Claims and completes each job; `slots` jobs a call. */
export async function drainByExchange(queue, ids, { width, slots }) {
  const workers = await claimers(queue, width);
  const left = [...ids].reverse();
  const take = (most) => left.splice(Math.max(0, left.length - most), most).reverse();
  const result = await usingCpu(queue, ids.length, () =>
    Promise.all(workers.map((worker) => exchangeUntilEmpty(worker, slots, take))),
  );
  await Promise.all(workers.map(({ client }) => client.close()));
  return result;
}

async function exchangeUntilEmpty(worker, slots, take) {
  let held = [];
  for (let jobs = take(slots); jobs.length + held.length > 0; jobs = take(slots)) {
    const claimed = await exchange(worker, held, { jobs, slots });
    if (claimed.length < jobs.length) throw new Error("a job that nobody else wants was not given");
    held = claimed;
  }
}

/** Hands in what is `held` as complete, and gives what could be had of `claim.jobs`. */
export async function exchange({ client, session }, held, claim) {
  const reports = held.map((claimed) => doneBy(session, claimed));
  return (await client.mutation(api.work.exchange, { namespace, session, reports, claim })).claimed;
}
