import { SYSTEM } from "../functions/identity.ts";
import { canonicalPath } from "../functions/registry.ts";
import { findJob, jobsByDue, type JobRow } from "../scheduler/jobRows.ts";
import type { ConvexJson, ConvexObject } from "../values/json.ts";
import { messageOf } from "../values/errors.ts";
import type { Transaction } from "../database/transaction.ts";
import type { Ran } from "./backend.ts";
import type { TestRunner } from "./runner.ts";
import { openTransaction, outside } from "./running.ts";

/** Jobs that are given a timer at a time. */
const PLANNED_JOBS = 1_000;
/** Milliseconds without news after which jobs on real timers, which no fake clock can fire, are left alone. */
const IDLE_MS = 20;
/** Kept from load time, because tests replace the global timers. */
const realTimeout = setTimeout;
const realClear = clearTimeout;

/** Scheduled functions on the test's timers, so that `vi.runAllTimers()` makes them fall due. */
export class TestJobs {
  readonly #runner: TestRunner;
  readonly #planned = new Set<string>();
  readonly #running = new Set<Promise<void>>();

  constructor(runner: TestRunner) {
    this.#runner = runner;
    runner.onScheduled = () => this.#plan();
  }

  async finishInProgress(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** @throws Error when scheduled functions go on scheduling others, or when the fake clock is no longer the same */
  async finishAll(advanceTimers: () => void, maxIterations = 100): Promise<void> {
    const clock = outside(() => globalThis.setTimeout);
    const advance = (): void => {
      if (outside(() => globalThis.setTimeout) !== clock) {
        throw new Error(
          "finishAllScheduledFunctions: timers were restored or replaced while waiting for scheduled functions.",
        );
      }
      advanceTimers();
    };
    let idle = 0;
    for (let round = 0; round < maxIterations; round++) {
      advance();
      if (this.#running.size === 0) {
        if (this.#planned.size === 0 || idle++ >= IDLE_MS) return;
        // Behind real timers that were set before it: a job that is due has begun when this one rings.
        await new Promise((resolve) => realTimeout(resolve, 1));
        continue;
      }
      idle = 0;
      await this.#whileAdvancing(advance);
    }
    throw new Error(
      "finishAllScheduledFunctions: too many iterations. Check for infinitely recursive scheduled functions, " +
        "or increase maxIterations.",
    );
  }

  /** Waits for what runs; functions may wait for timers of their own, so the clock goes on. */
  async #whileAdvancing(advance: () => void): Promise<void> {
    let timer: ReturnType<typeof realTimeout> | undefined;
    const advancing = new Promise<never>((_, reject) => {
      const step = (): void => {
        try {
          advance();
          timer = realTimeout(step, 0);
        } catch (error) {
          // Whatever the test threw is what it gets.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(error);
        }
      };
      step();
    });
    try {
      await Promise.race([this.finishInProgress(), advancing]);
    } finally {
      realClear(timer);
    }
  }

  async #plan(): Promise<void> {
    // The transaction that is still open plans what it has scheduled when it has ended.
    if (openTransaction(this.#runner) !== null) return;
    const pending: JobRow[] = [];
    await this.#runner.backend.transact("query", (tx) => {
      pending.push(...jobsByDue(tx, "pending", PLANNED_JOBS));
      return Promise.resolve({ ok: true, value: "null" });
    });
    for (const job of pending.filter(({ _id }) => !this.#planned.has(_id))) {
      this.#planned.add(job._id);
      outside(() => setTimeout(() => this.#start(job), Math.max(0, job.scheduledTime - Date.now())));
    }
  }

  #start(job: JobRow): void {
    const run = this.#run(job).finally(() => {
      this.#planned.delete(job._id);
      this.#running.delete(run);
    });
    this.#running.add(run);
  }

  async #run(job: JobRow): Promise<void> {
    const { modules } = this.#runner;
    const path = canonicalPath(job.name);
    await modules.find(path);
    const isMine = await this.#patch(job, "pending", { state: { kind: "inProgress" } });
    if (!isMine) return;
    const scope = this.#runner.scopeOf({ identity: SYSTEM, metadata: { scheduledFunctionId: job._id } });
    const kind = modules.registry.find(path)?.kind ?? "mutation";
    const ran = await this.#runner.call({ path, kind, args: job.args[0] as ConvexJson }, scope);
    await this.#patch(job, "inProgress", { state: stateOf(ran), completedTime: Date.now() });
  }

  /** Writes the job's row when it still is in the state; tells whether it was. */
  async #patch(job: JobRow, from: JobRow["state"]["kind"], fields: ConvexObject): Promise<boolean> {
    const ran = await this.#runner.backend.transact("mutation", (tx: Transaction) => {
      const isStill = findJob(tx, job._id)?.state.kind === from;
      if (isStill) tx.patch(job._id, fields);
      return Promise.resolve({ ok: true, value: JSON.stringify(isStill) });
    });
    return ran.ok && ran.value === "true";
  }
}

function stateOf(ran: Ran): ConvexObject {
  return ran.ok ? { kind: "success" } : { kind: "failed", error: `Uncaught ${messageOf(ran.error)}` };
}
