/** The jobs that run on this runner now, each in its slot. A next claim that came with a report keeps the slot. */
import type { Claimed, Orders } from "../connect/types.ts";
import type { Work, StopCause } from "./work.ts";

export interface Slots {
  free: () => number;
  has: (job: string) => boolean;
  /** What the heartbeat names. */
  running: () => { job: string; attempt: number }[];
  works: () => Work[];
  /** Runs `work` and what follows it in the same slot. */
  fill: (work: Work, run: (work: Work) => Promise<Claimed | null>) => void;
  stopAll: (cause: StopCause) => void;
  cancel: (orders: Orders["cancel"]) => void;
  whenEmpty: () => Promise<void>;
}

export interface SlotsDeps {
  count: () => number;
  /** Makes the next claim of a slot a work that runs. */
  begin: (claimed: Claimed) => void;
  onFreed: () => void;
}

export function openSlots(deps: SlotsDeps): Slots {
  const works = new Map<string, Work>();
  let waiting: (() => void)[] = [];

  const next = (work: Work, claimed: Claimed | null) => {
    works.delete(work.claimed.job.id);
    if (claimed !== null) return deps.begin(claimed);
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
        (claimed) => next(work, claimed),
        () => next(work, null),
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
