// What a commit costs when many subscribe to what it changes.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { api } from "../../convex/_generated/api.js";
import { onEnd } from "./cleanUp.mjs";
import { assignment, namespace } from "./drover.mjs";
import { percentiles, rate, within } from "./measure.mjs";

const WAIT_MS = 600_000;
/** Commits one after another for one that waits for all its subscribers: the former are over sooner. */
const SERIAL_FACTOR = 20;
const SUBSCRIBERS = fileURLToPath(new URL("subscribers.mjs", import.meta.url));

/**
 * One commit until the last of `count` subscribers has it, each commit when all have the one before; then commits one
 * after another as their committer sees them, until all have the last.
 */
export async function fanOut(queue, count, commits) {
  const to = await assignment(queue);
  const subscribers = await subscribe(queue, count, to);
  const update = (decisions) =>
    queue.admin.mutation(api.assignments.update, { namespace, assignment: to, decisions });
  const cpu = () => queue.host.usage().cpuSeconds * 1000;
  const took = [];
  let before = cpu();
  for (let i = 0; i < commits; i++) {
    const begun = performance.now();
    const all = subscribers.all(`decision ${i}`);
    const call = update(`decision ${i}`);
    await all;
    took.push(performance.now() - begun);
    await call;
  }
  const cpuMs = (cpu() - before) / commits;
  before = cpu();
  const serial = await rate(commits * SERIAL_FACTOR, 1, (i) => update(`serial decision ${i}`));
  await subscribers.all(`serial decision ${commits * SERIAL_FACTOR - 1}`);
  const serialCpuMs = (cpu() - before) / (commits * SERIAL_FACTOR);
  await subscribers.stop();
  return { ...percentiles(took), cpuMs, serial: { ...serial, cpuMs: serialCpuMs } };
}

/** Starts the subscribers; resolves when each has its first result. */
async function subscribe({ host: { url, token } }, count, to) {
  const child = fork(SUBSCRIBERS, [JSON.stringify({ url, token, count, assignment: to })], {
    execArgv: ["--import", "tsx"],
  });
  const gone = once(child, "exit");
  const stop = onEnd(async () => {
    if (child.connected) child.disconnect();
    await gone;
  });
  let arrived = () => undefined;
  const ready = new Promise((resolve) => (arrived = resolve));
  child.on("message", () => arrived());
  await within(WAIT_MS, "the first results", ready);
  /** Resolves when all have a result with these decisions. */
  const all = (decisions) => {
    const done = new Promise((resolve) => (arrived = resolve));
    child.send({ expect: decisions });
    return within(WAIT_MS, "all subscribers", done);
  };
  return { all, stop };
}
