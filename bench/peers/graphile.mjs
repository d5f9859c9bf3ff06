// graphile-worker: one runner of concurrency 1 for each claimer, as on machines of their own; at its best with what its
// performance page recommends: a local queue and batched completions. A job that is done is deleted.
import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger, makeWorkerUtils, run, WorkerPreset } from "graphile-worker";
import { untilCount } from "../queue/measure.mjs";
import { payload, QUIET_MS } from "./load.mjs";

const BEST = { runners: 2, concurrency: 24, localQueue: 500 };
const quiet = new Logger(() => () => undefined);

export const facts = {
  package: "graphile-worker",
  jobByJob: "one runner of concurrency 1 a claimer, its defaults (LISTEN/NOTIFY, prepared statements)",
  best: `${BEST.runners} runners × concurrency ${BEST.concurrency}, localQueue ${BEST.localQueue}, batched completions`,
};

export async function open({ url, space, width }) {
  const base = { connectionString: url, schema: space, logger: quiet };
  const utils = await makeWorkerUtils({ ...base, maxPoolSize: Math.max(10, width) });
  await utils.migrate();
  const options = { ...base, noHandleSignals: true };
  return {
    add: () => utils.addJob("noop", payload),
    addMany: (count) => utils.addJobs(Array.from({ length: count }, () => ({ identifier: "noop", payload }))),
    drain: (count, claimers) =>
      work(
        Array.from({ length: claimers }, () => ({ ...options, concurrency: 1 })),
        count,
      ),
    best: (count) => work(bestRunners(options), count),
    listen: (onStart) => listen(options, onStart),
    async close() {
      await utils.withPgClient((client) => client.query(`DROP SCHEMA IF EXISTS ${space} CASCADE`));
      await utils.release();
    },
  };
}

function bestRunners(options) {
  const worker = {
    concurrentJobs: BEST.concurrency,
    localQueue: { size: BEST.localQueue },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    maxPoolSize: BEST.concurrency + 2,
    connectionString: options.connectionString,
    schema: options.schema,
    logger: options.logger,
  };
  const preset = { extends: [WorkerPreset], worker };
  return Array.from({ length: BEST.runners }, () => ({ preset, noHandleSignals: true }));
}

/** From the first job's start to the moment the last one's completion is in the database. */
async function work(runners, count) {
  const events = new EventEmitter().setMaxListeners(0);
  let counter;
  events.on("job:start", () => (counter ??= untilCount(count)));
  const started = once(events, "job:start");
  events.on("job:complete", () => counter.one());
  const taskList = { noop: () => undefined };
  const running = await Promise.all(runners.map((each) => run({ ...each, events, taskList })));
  await started;
  const seconds = await counter.done;
  await Promise.all(running.map((runner) => runner.stop()));
  return { perSecond: count / seconds };
}

async function listen(options, onStart) {
  const runner = await run({ ...options, concurrency: 1, taskList: { noop: () => onStart() } });
  await sleep(QUIET_MS);
  return () => runner.stop();
}
