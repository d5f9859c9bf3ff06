import { type ConflictLog, overlaps } from "./conflicts.ts";
import { HostError, messageOf, NotSaved } from "../values/errors.ts";
import { isOpen } from "./isOpen.ts";
import type { Store } from "./store.ts";
import {
  type Attempt,
  type Commit,
  type Committed,
  type Done,
  type Guard,
  isKilled,
  isTrusted,
  type Job,
  KILLED,
  type Killed,
  type Task,
} from "./task.ts";
import { Transaction } from "./transaction.ts";

/**
 * The serial executor with group commit. All queued mutations run one after another in one SQLite transaction, from
 * which each can be taken back alone; one COMMIT (one fsync) then covers them all, and only after it are answers given and
 * subscriptions woken. Queries run between the batches, so they never see what is not on disk.
 */

/** Kept from load time, because tests replace the global timers. */
const nextTurn = setImmediate;
/** Mutations per COMMIT: bounds what one failed COMMIT takes down with it. */
const BATCH_MUTATIONS = 64;
/** A batch takes no further mutation after this time, so that the first caller is not kept waiting. */
const BATCH_MS = 50;

export class Committer {
  readonly #store: Store;
  readonly #guard: Guard;
  readonly #onCommit: (commit: Commit) => void;
  readonly #conflicts: ConflictLog | null;
  #writes: Job[] = [];
  #reads: Job[] = [];
  #draining = false;
  #idle: (() => void)[] = [];
  #running: Job | null = null;
  #isClosed = false;

  /** With a `conflicts` log, mutations of a batch conflict as they would on a server that runs them at once. */
  constructor(
    store: Store,
    guard: Guard,
    how: { onCommit: (commit: Commit) => void; conflicts?: ConflictLog },
  ) {
    this.#conflicts = how.conflicts ?? null;
    this.#store = store;
    this.#guard = guard;
    this.#onCommit = how.onCommit;
  }

  /** Queues a mutation; resolves once it is on disk, or with its failure once it has been taken back. */
  write<T>(task: Task<T>): Promise<Committed<T>> {
    return this.#queue(this.#writes, task);
  }

  /** Queues a query; it reads everything that is committed when it runs. */
  read<T>(task: Task<T>): Promise<Committed<T>> {
    return this.#queue(this.#reads, task);
  }

  /** Finishes what is queued and refuses everything after. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#draining) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #queue<T>(queue: Job[], task: Task<T>): Promise<Committed<T>> {
    if (this.#isClosed) return Promise.reject(new HostError("The host is shutting down."));
    return new Promise((resolve, reject) => {
      queue.push({ task, starved: 0, lost: 0, reads: null, resolve: resolve as Job["resolve"], reject });
      if (this.#draining) return;
      this.#draining = true;
      // Not a microtask: every socket that became readable in this turn should get into the same batch.
      nextTurn(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#reads.length + this.#writes.length > 0) {
      try {
        if (this.#reads.length > 0) await this.#readAll();
        if (this.#writes.length > 0) await this.#batch();
        // What subscribers see of the batch: a client that has written waits for that, not for its answer alone.
        if (this.#reads.length > 0) await this.#readAll();
      } catch (error) {
        // Not even BEGIN or the end of a read works: whoever waits must learn of it.
        for (const job of [...this.#reads.splice(0), ...this.#writes.splice(0)]) job.reject(error);
      }
      await new Promise((resolve) => nextTurn(resolve));
    }
    this.#draining = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #readAll(): Promise<void> {
    const { driver } = this.#store;
    driver.exec("BEGIN");
    // Also what these reads queue: it then sees the same data, at the same timestamp.
    while (this.#reads.length > 0) {
      try {
        const trusted = isTrusted(this.#reads[0]);
        const pending = trusted
          ? this.#readReady(trusted)
          : this.#guard(() => this.#readReady(trusted), this.#patience(this.#reads));
        if (isKilled(pending)) this.#killed(pending, this.#reads)();
        else if (pending.attempt !== null) this.#answer(pending.job, await pending.attempt);
      } catch (error) {
        this.#running?.reject(error);
      }
    }
    driver.exec("COMMIT");
  }

  #readReady(trusted: boolean): Pending {
    const deadline = performance.now() + BATCH_MS;
    const jobs = this.#reads;
    for (;;) {
      const job = jobs.shift() as Job;
      this.#running = job;
      const tx = new Transaction(this.#store, this.#store.clock.latest);
      const attempt = job.task.run(tx);
      if (attempt instanceof Promise) return { job, tx, attempt };
      this.#answer(job, attempt);
      const next = jobs[0];
      const isOver = next === undefined || isTrusted(next) !== trusted;
      if (isOver || performance.now() >= deadline) return { job, tx, attempt: null };
    }
  }

  #answer(job: Job, attempt: Attempt<unknown>): void {
    job.resolve({ value: attempt.value, ts: this.#store.clock.latest });
  }

  async #batch(): Promise<void> {
    const { driver } = this.#store;
    const done: Done[] = [];
    const culprit = await this.#runBatch(done);
    if (culprit === null) {
      try {
        this.#commit(done);
      } catch (error) {
        // Nothing of the batch is on disk, and nothing of it has been published: all of it failed.
        if (isOpen(driver)) driver.exec("ROLLBACK");
        for (const { job } of done)
          job.reject(new NotSaved(`The change could not be saved: ${messageOf(error)}`));
      }
      return;
    }
    // The killed task may have stopped between any two statements, so the others start again without it.
    if (isOpen(driver)) driver.exec("ROLLBACK");
    culprit();
    // The kill may also have come between the end of the task and that of the step: it must not run twice.
    const others = done.filter(({ job }) => job !== this.#running);
    this.#writes.unshift(...others.map(({ job }) => job));
  }

  /** Fills `done`; gives null, or how to answer the task for which the batch must be rolled back. */
  async #runBatch(done: Done[]): Promise<(() => void) | null> {
    const { driver } = this.#store;
    driver.exec("BEGIN IMMEDIATE");
    if (this.#conflicts !== null) {
      const culprit = await this.#rehearse(this.#writes.slice(0, BATCH_MUTATIONS));
      if (culprit !== null) return culprit;
    }
    // From here: a rehearsal that takes longer than a batch may would else leave no time to run anything, for ever.
    const deadline = performance.now() + BATCH_MS;
    const losers: Job[] = [];
    while (this.#hasRoom(done, deadline)) {
      try {
        if (this.#hasLost(done, losers)) continue;
        const step = () => this.#runReady(done, deadline);
        const pending = isTrusted(this.#writes[0]) ? step() : this.#guard(step, this.#patience(this.#writes));
        if (isKilled(pending)) return this.#killed(pending, this.#writes);
        if (pending.attempt !== null) done.push(this.#close(pending.job, pending.tx, await pending.attempt));
      } catch (error) {
        const job = this.#running;
        return () => job?.reject(error);
      }
    }
    this.#writes.unshift(...losers);
    return null;
  }

  /** Runs each task on the data as the batch found it, takes its writes back, and keeps what it read. */
  async #rehearse(jobs: readonly Job[]): Promise<(() => void) | null> {
    for (const job of jobs) {
      if (job.task.label === undefined) continue;
      this.#running = job;
      const tx = new Transaction(this.#store, this.#store.clock.next());
      tx.openSavepoint();
      try {
        const attempt = this.#guard(() => ({ value: job.task.run(tx) }), job.starved);
        if (typeof attempt === "symbol") {
          this.#writes.splice(this.#writes.indexOf(job), 1);
          return this.#killed(attempt, this.#writes);
        }
        await attempt.value;
      } catch (error) {
        this.#writes.splice(this.#writes.indexOf(job), 1);
        return () => job.reject(error);
      }
      tx.takeBack();
      job.reads = tx.reads.merged();
    }
    return null;
  }

  /** Takes the next task out of the batch when one before it has changed what it read. */
  #hasLost(done: readonly Done[], losers: Job[]): boolean {
    const [job] = this.#writes as [Job];
    if (this.#conflicts === null || job.reads === null) return false;
    const reads = job.reads;
    const label = job.task.label as string;
    if (!done.some(({ touched }) => overlaps(reads, touched))) {
      this.#conflicts.won(label, job.lost);
      job.reads = null;
      return false;
    }
    this.#writes.shift();
    if (this.#conflicts.lost(label, job.lost++)) losers.push(job);
    else job.resolve({ value: job.task.conflicted?.(), ts: this.#store.clock.latest });
    return true;
  }

  /** Runs tasks for as long as they settle at once; stops at one that waits for something outside. */
  #runReady(done: Done[], deadline: number): Pending {
    for (;;) {
      const job = this.#writes.shift() as Job;
      this.#running = job;
      const tx = new Transaction(this.#store, this.#store.clock.next());
      // Code of the host also writes beside its documents.
      if (job.task.label === undefined) tx.openSavepoint();
      const attempt = job.task.run(tx);
      if (attempt instanceof Promise) return { job, tx, attempt };
      done.push(this.#close(job, tx, attempt));
      // Under conflict simulation each next one is first asked whether it has lost.
      if (this.#conflicts !== null || !this.#hasRoom(done, deadline)) return { job, tx, attempt: null };
    }
  }

  #hasRoom(done: readonly Done[], deadline: number): boolean {
    const [next] = this.#writes;
    if (next === undefined || done.length >= BATCH_MUTATIONS || performance.now() >= deadline) return false;
    // A deploy also changes what is in memory, which no ROLLBACK for another's sake would take back.
    return done.length === 0 || !(isTrusted(next) || isTrusted(done.at(-1)?.job));
  }

  #close(job: Job, tx: Transaction, attempt: Attempt<unknown>): Done {
    const { clock } = this.#store;
    if (attempt.commit) tx.keep();
    else tx.takeBack();
    const touched = attempt.commit ? tx.touched : [];
    // A call without writes has read up to the commit before it in this batch, and needs no fsync of its own.
    const ts = touched.length > 0 ? tx.ts : clock.latest;
    return { job, tx, touched, outcome: { value: attempt.value, ts } };
  }

  #commit(done: Done[]): void {
    const { driver, clock } = this.#store;
    const writers = done.filter(({ touched }) => touched.length > 0);
    const ts = writers.at(-1)?.outcome.ts;
    if (ts !== undefined) clock.persist(ts);
    driver.exec("COMMIT");
    if (ts !== undefined) {
      clock.latest = ts;
      for (const { tx } of writers) for (const table of tx.newTables) table.persisted = true;
      this.#onCommit({ ts, touched: writers.flatMap(({ touched }) => touched) });
    }
    for (const { job, outcome } of done) job.resolve(outcome);
  }

  /** The patience that the next batch may need. */
  #patience(queue: readonly Job[]): number {
    return queue.slice(0, BATCH_MUTATIONS).reduce((most, { starved }) => Math.max(most, starved), 0);
  }

  /** What to do about the task that was running, before those ahead of it go back into the queue. */
  #killed(how: Killed, queue: Job[]): () => void {
    const job = this.#running as Job;
    if (how === KILLED.starved) {
      job.starved++;
      return () => queue.unshift(job);
    }
    return () => job.resolve({ value: job.task.runaway(), ts: this.#store.clock.latest });
  }
}

interface Pending {
  job: Job;
  tx: Transaction;
  attempt: Promise<Attempt<unknown>> | null;
}
