/** The jobs that run on this runner now, each in its slot. */
import type { Orders } from "../connect/types.ts";
import type { Work, StopCause } from "./work.ts";

export interface Slots {
  free: () => number;
  has: (job: string) => boolean;
  /** What the heartbeat names. */
  running: () => { job: string; attempt: number }[];
  works: () => Work[];
  /** Runs `work`. A claim that came with the report of another may come before that one has left its slot. */
  fill: (work: Work, run: (work: Work) => Promise<void>) => void;
  stopAll: (cause: StopCause) => void;
  cancel: (orders: Orders["cancel"]) => void;
  whenEmpty: () => Promise<void>;
}

export interface SlotsDeps {
  count: () => number;
  onFreed: () => void;
}

export function openSlots(deps: SlotsDeps): Slots {
  const works = new Map<string, Work>();
  let waiting: (() => void)[] = [];

  const leave = (work: Work) => {
    // The same job may have been claimed again in the meantime, in a slot of its own.
    if (works.get(work.claimed.job.id) === work) works.delete(work.claimed.job.id);
    if (works.size === 0) {
      waiting.forEach((resolve) => resolve());
      waiting = [];
    }
    deps.onFreed();
  };
  return {
    free: () => deps.count() - works.size,
    has: (job) => works.has(job),
    works: () => [...works.values()],
    running: () => [...works.values()].map(({ claimed, attempt }) => ({ job: claimed.job.id, attempt })),
    fill(work, run) {
      works.set(work.claimed.job.id, work);
      // `run` reports every failure itself; whatever it still throws must not leave the slot taken.
      void run(work).then(
        () => leave(work),
        () => leave(work),
      );
    },
    stopAll: (cause) => works.forEach((work) => work.stop(cause)),
    cancel(orders) {
      for (const { job, attempt } of orders) {
        const work = works.get(job);
        if (work?.attempt === attempt) work.stop("canceled");
      }
    },
    whenEmpty: () => (works.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
