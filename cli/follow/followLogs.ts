import { api } from "../../convex/_generated/api.js";
import { isTerminalJob } from "../../domain/jobState.ts";
import { openLive, type Live } from "../backend/live.ts";
import type { Session } from "../backend/session.ts";
import type { JobEvent } from "../backend/wire.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { EXIT, type ExitCode } from "../output/errors.ts";
import { printLine, say } from "../output/print.ts";
import { jobState } from "../output/states.ts";
import { renderEvent } from "../views/eventView.ts";

/**
 * Prints the events of a job until it settles, attempt after attempt.
 * @returns 0 when it is complete, 1 when it ended otherwise, 130 when interrupted
 */
export async function followLogs(session: Session, job: string): Promise<ExitCode> {
  const { namespace, backend, settings } = session;
  // One-shot first: it fails at once where the socket would try for ever.
  const first = await backend.query(api.jobs.get, { namespace, job });
  const interrupt = listenForInterrupt();
  const live = openLive(settings);
  live.onConnection((connected) => say(connected ? "connected again" : "connection lost, trying again"));
  const printer = new EventPrinter(session, live);
  try {
    say(`following job ${first.job.handle}; Ctrl+C stops following, the job goes on`);
    for await (const { job: now } of live.follow(api.jobs.get, { namespace, job }, interrupt.signal)) {
      if (now.attempt > 0) printer.turnTo(now.id, now.attempt, interrupt.signal);
      if (!isTerminalJob(now.status)) continue;
      await printer.finish(now.id);
      say(`job ${now.handle} is ${jobState(now.status)}${now.error === undefined ? "" : `: ${now.error}`}`);
      return now.status === "complete" ? EXIT.ok : EXIT.failed;
    }
    return EXIT.interrupted;
  } finally {
    interrupt.release();
    await live.close();
  }
}

/** Prints each event once, in order, of the attempt that is on. */
class EventPrinter {
  readonly #session: Session;
  readonly #live: Live;
  #attempt = 0;
  #lastSeq = -1;
  #stop = new AbortController();

  constructor(session: Session, live: Live) {
    this.#session = session;
    this.#live = live;
  }

  /** Follows the events of an attempt; those of the one before are left. */
  turnTo(job: string, attempt: number, outer: AbortSignal): void {
    if (attempt === this.#attempt) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#attempt = attempt;
    this.#lastSeq = -1;
    const signal = AbortSignal.any([outer, this.#stop.signal]);
    void this.#follow(job, signal).catch((error: Error) => say(`events: ${error.message}`));
  }

  /** Prints what is left after the job has settled. */
  async finish(job: string): Promise<void> {
    this.#stop.abort();
    while ((await this.#page(job)) > 0);
  }

  async #follow(job: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Each page is a new query: one that always began at the first event would not see what lies behind its limit.
      for await (const events of this.#live.follow(api.events.list, this.#args(job), signal)) {
        if (this.#print(events) > 0) break;
      }
    }
  }

  async #page(job: string): Promise<number> {
    if (this.#attempt === 0) return 0;
    return this.#print(await this.#session.backend.query(api.events.list, this.#args(job)));
  }

  #args(job: string) {
    const after = this.#lastSeq < 0 ? {} : { afterSeq: this.#lastSeq };
    return { namespace: this.#session.namespace, job, attempt: this.#attempt, ...after };
  }

  /** Prints what was not printed yet and says how many that were. */
  #print(events: JobEvent[]): number {
    const fresh = events.filter(({ seq }) => seq > this.#lastSeq);
    for (const event of fresh) {
      this.#lastSeq = event.seq;
      printLine(event, renderEvent, this.#session.flags);
    }
    return fresh.length;
  }
}
