/**
 * Fills free slots: chooses from the windows, waits for its turn, claims, hands the claimed job on. Nothing is
 * executed here and nothing is decided: the backend's `claim` decides, a `null` costs a moment's patience.
 */
import { rankFor } from "../../domain/rendezvous.ts";
import type { Backend, Lane } from "../connect/backend.ts";
import { describeError } from "../connect/callError.ts";
import type { Claimed } from "../connect/types.ts";
import { faultPoint } from "../fault.ts";
import type { Clock, LogEntry } from "../options.ts";
import type { Session } from "../session/session.ts";
import { chooseJob, chooseNext, type Chooser, type Offer } from "./choose.ts";
import { watchPeers, type Peers } from "./peers.ts";
import { refusals, type Refusals } from "./refusals.ts";
import { watchWindows, type Windows } from "./windows.ts";

export interface ClaimerDeps {
  backend: Backend;
  clock: Clock;
  log: (entry: LogEntry) => void;
  session: Session;
  lanes: readonly Lane[];
  /** This runner's name, as the others see it. */
  me: string;
  /** Free slots now, claims under way not counted. */
  freeSlots: () => number;
  /**
   * Its repo has a folder here, a profile of its cascade is offered and healthy now, and no cap forbids it beside what
   * runs and the `coming` ones, for which calls are under way.
   */
  canRun: (offer: Offer, coming: readonly Offer[]) => boolean;
  isOurs: (job: string) => boolean;
  onClaimed: (claimed: Claimed) => void;
  /** Nothing is left that could be claimed now, and no claim is under way. */
  onIdle: () => void;
}

/** Claims for one session from its construction until `stop`. */
export class Claimer {
  readonly #deps: ClaimerDeps;
  readonly #windows: Windows;
  readonly #peers: Peers;
  readonly #refused: Refusals;
  readonly #chooser: Chooser;
  readonly #claiming = new Map<string, { offer: Offer; ended: Promise<void> }>();
  readonly #reserved = new Map<string, Offer>();
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: ClaimerDeps) {
    this.#deps = deps;
    this.#refused = refusals(deps.clock);
    const namespaces = [...new Set(deps.lanes.map((lane) => lane.namespace))];
    this.#peers = watchPeers({ ...deps, namespaces, onKnown: () => this.wake() });
    this.#chooser = {
      fits: (offer) => this.#fits(offer),
      rank: ({ namespace, job }) => rankFor(job.id, deps.me, this.#peers.of(namespace)),
    };
    this.#windows = watchWindows(deps, () => {
      this.#refused.keepOnly(this.#windows.offers().map((offer) => offer.job.id));
      this.wake();
    });
  }

  /** Looks again: a window changed, a slot became free or a profile healthy. */
  wake(): void {
    clearTimeout(this.#timer);
    const { clock, freeSlots, session } = this.#deps;
    while (!this.#stopped && this.#peers.known() && !session.lost.aborted) {
      if (freeSlots() - this.#claiming.size <= 0) return;
      const choice = chooseJob(this.#windows.offers(), this.#chooser, clock.monotonic());
      if (choice.kind === "wait") return this.#wakeIn(choice.ms);
      if (choice.kind === "none") return this.#nothingFits();
      this.#claim(choice.offer);
    }
  }

  /** Jobs of `namespace` for the next claim of a report. They count as under way until `settled` is called. */
  reserve(namespace: string): { jobs: string[]; settled: () => void } {
    const offers = this.#windows.offers().filter((offer) => offer.namespace === namespace);
    const chosen = this.#stopped ? [] : chooseNext(offers, this.#chooser);
    for (const offer of chosen) this.#reserved.set(offer.job.id, offer);
    const jobs = chosen.map((offer) => offer.job.id);
    return { jobs, settled: () => jobs.forEach((job) => this.#reserved.delete(job)) };
  }

  /** Claims nothing more; resolves when no claim is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#windows.close();
    this.#peers.stop();
    await Promise.all([...this.#claiming.values()].map(({ ended }) => ended));
  }

  #fits(offer: Offer): boolean {
    const { job } = offer;
    const taken = this.#claiming.has(job.id) || this.#reserved.has(job.id) || this.#deps.isOurs(job.id);
    if (taken || this.#refused.has(job.id)) return false;
    const coming = [...[...this.#claiming.values()].map((one) => one.offer), ...this.#reserved.values()];
    return this.#deps.canRun(offer, coming);
  }

  #wakeIn(ms: number): void {
    this.#timer = setTimeout(() => this.wake(), ms);
  }

  #claim(offer: Offer): void {
    const { id, handle } = offer.job;
    const ended = this.#claimOne(offer)
      .catch((error: unknown) => {
        this.#refused.add(id);
        this.#deps.log({ level: "warn", event: "claim:failed", job: handle, detail: describeError(error) });
      })
      .finally(() => {
        this.#claiming.delete(id);
        this.wake();
      });
    this.#claiming.set(id, { offer, ended });
  }

  async #claimOne({ namespace, job }: Offer): Promise<void> {
    const { backend, clock, session } = this.#deps;
    await faultPoint("beforeClaim", job.handle);
    const sentAt = clock.monotonic();
    const claimed = await backend.claim({ namespace, session: session.id, job: job.id });
    if (claimed === null) {
      this.#refused.add(job.id);
      this.#peers.claimLost();
      return;
    }
    this.#refused.forget(job.id);
    session.claimed(sentAt, claimed.renewInMs);
    await faultPoint("claimed", job.handle);
    this.#deps.onClaimed(claimed);
  }

  #nothingFits(): void {
    const { log, onIdle } = this.#deps;
    const again = [this.#refused.nextMs(), this.#windows.nextSearchMs()].filter((ms) => ms !== undefined);
    if (again.length > 0) this.#wakeIn(Math.min(...again));
    this.#windows.searchOn(this.#chooser.fits).then(
      (found) => {
        if (found) this.wake();
        else if (this.#claiming.size === 0 && this.#windows.complete() && !this.#stopped) onIdle();
      },
      (error: unknown) => log({ level: "warn", event: "claim:searchFailed", detail: describeError(error) }),
    );
  }
}
