import type { IndexEntry } from "../database/catalog.ts";
import type { Store } from "../database/store.ts";
import type { Engine } from "../functions/engine.ts";
import type { Registry } from "../functions/registry.ts";
import { JOB_TABLE } from "../functions/syscalls/schedule.ts";
import { messageOf } from "../values/errors.ts";
import type { LogSink } from "../values/log.ts";
import { Alarm } from "./alarm.ts";
import { jobsByDue, jobsCompletedBefore, type JobRow } from "./jobRows.ts";
import { failLostActions, runJob } from "./runJob.ts";

/** Jobs looked at per turn; more are found in the next one. */
const TURN_JOBS = 64;
/** Finished jobs are kept this long (as on the real server). */
const KEPT_MS = 7 * 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;
const SWEEP_ROWS = 200;
/** Wait before a job is tried again after the host itself failed; doubles up to the longest. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 2 * 3_600_000;

export interface SchedulerWiring {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly store: Store;
  readonly log: LogSink;
}

/** Runs the jobs of `_scheduled_functions` when they are due, also those that a killed host left behind. */
export class Scheduler {
  readonly #wiring: SchedulerWiring;
  readonly #alarm = new Alarm(() => void this.#turn());
  readonly #running = new Map<string, Promise<void>>();
  /** Jobs that the host failed to run, and when to try again. */
  readonly #retries = new Map<string, { atMs: number; waitMs: number }>();
  #sweeper: NodeJS.Timeout | undefined;
  #turning = false;
  #again = false;
  #stopped = false;

  constructor(wiring: SchedulerWiring) {
    this.#wiring = wiring;
  }

  async start(): Promise<void> {
    const { engine, store } = this.#wiring;
    const byDue = store.catalog.table(JOB_TABLE).indexes.get("by_due") as IndexEntry;
    await engine.transact((tx) => {
      failLostActions(tx, jobsByDue(tx, "inProgress", TURN_JOBS * 16));
      return { commit: true, value: null };
    });
    engine.onCommit(({ touched }) => {
      if (touched.some(({ index }) => index === byDue.number)) void this.#turn();
    });
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_EVERY_MS);
    await this.#sweep();
    await this.#turn();
  }

  /** Starts no further job and waits for the running ones. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.clear();
    clearInterval(this.#sweeper);
    await Promise.all(this.#running.values());
  }

  async #turn(): Promise<void> {
    this.#again = true;
    if (this.#turning) return;
    this.#turning = true;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#startDue();
      }
    } catch (error) {
      this.#wiring.log({ kind: "host", level: "error", text: `scheduler: ${messageOf(error)}` });
      this.#alarm.setBy(Date.now() + FIRST_RETRY_MS);
    } finally {
      this.#turning = false;
    }
  }

  async #startDue(): Promise<void> {
    const wanted = TURN_JOBS + this.#running.size;
    const jobs = await this.#wiring.engine.inspect((tx) => jobsByDue(tx, "pending", wanted));
    const waiting = jobs.filter(({ _id }) => !this.#running.has(_id));
    const now = Date.now();
    for (const job of waiting) {
      const dueAt = Math.max(job.scheduledTime, this.#retries.get(job._id)?.atMs ?? 0);
      if (dueAt <= now && !this.#stopped) this.#run(job);
      else this.#alarm.setBy(dueAt);
    }
  }

  #run(job: JobRow): void {
    const { engine, registry, log } = this.#wiring;
    const run = runJob(engine, registry, job)
      .then(() => this.#retries.delete(job._id))
      .catch((error: unknown) => {
        const waitMs = Math.min(
          2 * (this.#retries.get(job._id)?.waitMs ?? FIRST_RETRY_MS / 2),
          LONGEST_RETRY_MS,
        );
        this.#retries.set(job._id, { atMs: Date.now() + waitMs, waitMs });
        log({ kind: "host", level: "error", text: `job ${job._id}: ${messageOf(error)}` });
      })
      .then(() => {
        this.#running.delete(job._id);
        void this.#turn();
      });
    this.#running.set(job._id, run);
  }

  async #sweep(): Promise<void> {
    const { engine } = this.#wiring;
    await engine.sweep();
    await engine.transact((tx) => {
      for (const job of jobsCompletedBefore(tx, Date.now() - KEPT_MS, SWEEP_ROWS)) tx.remove(job._id);
      return { commit: true, value: null };
    });
  }
}
