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

/**
 * Prints each event once, in order, attempt after attempt. One piece of work at a time: an attempt is printed to its end
 * before the next one begins, also where several have passed while the connection was lost.
 */
class EventPrinter {
  readonly #session: Session;
  readonly #live: Live;
  /** The attempt that the job has reached. */
  #goal = 0;
  /** Where the printing is. */
  #at = { attempt: 0, seq: -1 };
  #stop = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(session: Session, live: Live) {
    this.#session = session;
    this.#live = live;
  }

  /** Goes on to an attempt when those before it are printed. The first one that is named is where it begins. */
  turnTo(job: string, attempt: number, outer: AbortSignal): void {
    if (attempt === this.#goal) return;
    if (this.#goal === 0) this.#at = { attempt, seq: -1 };
    this.#goal = attempt;
    this.#stop.abort();
    this.#stop = new AbortController();
    const signal = AbortSignal.any([outer, this.#stop.signal]);
    this.#work = this.#work
      .then(() => this.#catchUp(job))
      .then(() => this.#follow(job, signal))
      .catch((error: Error) => say(`events: ${error.message}`));
  }

  /** Prints what is left after the job has settled. */
  async finish(job: string): Promise<void> {
    this.#stop.abort();
    await this.#work;
    await this.#catchUp(job);
    await this.#rest(job);
  }

  /** The rest of every attempt before the one that is on. */
  async #catchUp(job: string): Promise<void> {
    while (this.#at.attempt < this.#goal) {
      await this.#rest(job);
      this.#at = { attempt: this.#at.attempt + 1, seq: -1 };
    }
  }

  async #rest(job: string): Promise<void> {
    if (this.#at.attempt === 0) return;
    const { backend } = this.#session;
    while (this.#print(await backend.query(api.events.list, this.#args(job))) > 0);
  }

  async #follow(job: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Each page is a new query: one that always began at the first event would not see what lies behind its limit.
      for await (const events of this.#live.follow(api.events.list, this.#args(job), signal)) {
        if (this.#print(events) > 0) break;
      }
    }
  }

  #args(job: string) {
    const { attempt, seq } = this.#at;
    const after = seq < 0 ? {} : { afterSeq: seq };
    return { namespace: this.#session.namespace, job, attempt, ...after };
  }

  /** Prints what was not printed yet and says how many that were. */
  #print(events: JobEvent[]): number {
    const fresh = events.filter(({ seq }) => seq > this.#at.seq);
    for (const event of fresh) {
      this.#at.seq = event.seq;
      printLine(event, renderEvent, this.#session.flags);
    }
    return fresh.length;
  }
}
