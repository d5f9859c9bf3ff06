/**
 * The windows that the backend pushes, one per lane (namespace and pool), as one list of offers; and the pages
 * behind a full window of which nothing fits.
 */
import { READY_WINDOW } from "../../domain/limits.ts";
import type { Backend, Lane } from "../connect/backend.ts";
import type { ReadyJob } from "../connect/types.ts";
import type { Clock } from "../options.ts";
import type { Offer } from "./choose.ts";

/** Pages behind the window that one search reads at most. */
const MAX_PAGES = 16;
/** Time between two searches of one lane, ms: pages behind the window are not subscribed to. */
const SEARCH_EVERY_MS = 15_000;

export interface Windows {
  offers(): Offer[];
  /** True once every lane has been answered. */
  complete(): boolean;
  /**
   * Reads on behind full windows of which nothing `fits`, and keeps the first page of which something does.
   * True when offers were added.
   */
  searchOn(fits: (offer: Offer) => boolean): Promise<boolean>;
  /** Ms after which a search may be worth while again; undefined while no window is full. */
  nextSearchMs(): number | undefined;
  close(): void;
}

interface LaneState {
  lane: Lane;
  window: ReadyJob[] | undefined;
  behind: ReadyJob[];
  searchedAt: number;
}

interface WindowsDeps {
  backend: Backend;
  clock: Clock;
  lanes: readonly Lane[];
}

/** Subscribes to all lanes; `onChange` is called after each push. */
export function watchWindows({ backend, clock, lanes }: WindowsDeps, onChange: () => void): Windows {
  const firstSeen = new Map<string, number>();
  const states = lanes.map((lane): LaneState => ({
    lane,
    window: undefined,
    behind: [],
    searchedAt: -Infinity,
  }));
  const offersOf = (state: LaneState): Offer[] =>
    jobsOf(state).map((job) => ({
      namespace: state.lane.namespace,
      job,
      seenAt: firstSeen.get(job.id) ?? clock.monotonic(),
    }));
  const show = (state: LaneState, change: Partial<LaneState>) => {
    Object.assign(state, change);
    const ids = new Set(states.flatMap(jobsOf).map((job) => job.id));
    for (const id of firstSeen.keys()) if (!ids.has(id)) firstSeen.delete(id);
    for (const id of ids) if (!firstSeen.has(id)) firstSeen.set(id, clock.monotonic());
  };
  const stops = states.map((state) =>
    backend.watchReady(state.lane, (jobs) => {
      show(state, { window: jobs, behind: [] });
      onChange();
    }),
  );
  const searchLane = async (state: LaneState, fits: (offer: Offer) => boolean): Promise<boolean> => {
    state.searchedAt = clock.monotonic();
    let last = state.window?.at(-1);
    for (let page = 0; page < MAX_PAGES && last !== undefined; page += 1) {
      const jobs = await backend.readyAfter(state.lane, rankOf(last));
      show(state, { behind: jobs });
      if (offersOf(state).some(fits)) {
        // More of the kind may follow: the next search need not wait.
        state.searchedAt = -Infinity;
        return true;
      }
      last = jobs.length < READY_WINDOW ? undefined : jobs.at(-1);
    }
    show(state, { behind: [] });
    return false;
  };
  const isFull = (state: LaneState) => state.window?.length === READY_WINDOW;
  const isDue = (state: LaneState, fits: (offer: Offer) => boolean) =>
    isFull(state) && clock.monotonic() - state.searchedAt >= SEARCH_EVERY_MS && !offersOf(state).some(fits);
  return {
    offers: () => states.flatMap(offersOf),
    complete: () => states.every((state) => state.window !== undefined),
    async searchOn(fits) {
      const due = states.filter((state) => isDue(state, fits));
      const found = await Promise.all(due.map((state) => searchLane(state, fits)));
      return found.includes(true);
    },
    nextSearchMs: () => (states.some(isFull) ? SEARCH_EVERY_MS : undefined),
    close: () => stops.forEach((stop) => stop()),
  };
}

function jobsOf({ window, behind }: LaneState): ReadyJob[] {
  return [...(window ?? []), ...behind];
}

function rankOf({ priority, assignmentNumber, number }: ReadyJob) {
  return { priority, assignmentNumber, number };
}
