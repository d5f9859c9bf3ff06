import { LIMITS } from "../values/limits.ts";

/** The fastest that a function can fill memory is about 3 GiB/s, so it gets some 150 MiB beyond the limit. */
const LOOK_EVERY_MS = 50;
/** What a thread needs for itself before its action has done anything (with sources through tsx: 60 MiB). */
const THREAD_MIB = 80;
const MIB = 1024 * 1024;

/** Something that takes memory and can be ended. */
export interface Watched {
  /** Part of the time since this was last asked in which it computed, from 0 to 1. */
  busyness(): number;
  /** Resolves when it has ended. */
  stop(why: "memory"): Promise<void>;
}

/**
 * Ends actions that take too much memory. Node does not tell how much one thread has, and V8's own limit can end the
 * whole process; so the process as a whole is looked at, and when it has grown by more than its actions may take, the
 * one that computes most (of equal ones the latest) is ended, then the next.
 */
export class MemoryWatch {
  /** In the order of their start. */
  readonly #running = new Set<Watched>();
  readonly #memory: () => number;
  #before = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  /** @param memory bytes that the process has */
  constructor(memory: () => number = () => process.memoryUsage.rss()) {
    this.#memory = memory;
  }

  /** Watches one while it runs. */
  async during<T>(one: Watched, run: () => Promise<T>): Promise<T> {
    if (this.#running.size === 0) this.#begin();
    this.#running.add(one);
    one.busyness();
    try {
      return await run();
    } finally {
      this.#running.delete(one);
      if (this.#running.size === 0) clearInterval(this.#timer);
    }
  }

  #begin(): void {
    this.#before = this.#memory();
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    if (this.#isStopping) return;
    const all = [...this.#running].map((one) => ({ one, busyness: one.busyness() }));
    const allowed = (LIMITS.actionMemoryMib + THREAD_MIB * all.length) * MIB;
    if (this.#memory() - this.#before <= allowed) return;
    const worst = all.reduceRight((most, each) => (each.busyness > most.busyness ? each : most));
    this.#isStopping = true;
    await worst.one.stop("memory");
    this.#isStopping = false;
  }
}
