/**
 * Fills free slots: chooses from the windows, waits for its turn, names the jobs for an exchange, hands on what that
 * has claimed. Nothing is executed here and nothing is decided: the backend decides, a refusal costs a moment's patience.
 */
import { MAX_EXCHANGE } from "../../domain/limits.ts";
import { rankFor } from "../../domain/rendezvous.ts";
import type { Backend, Lane } from "../connect/backend.ts";
import { describeError } from "../connect/callError.ts";
import type { Claimed } from "../connect/types.ts";
import { faultPoint } from "../fault.ts";
import type { Clock, LogEntry } from "../options.ts";
import type { Wish } from "../report/exchange.ts";
import type { Session } from "../session/session.ts";
import { chooseJob, chooseSome, type Chooser, type Offer } from "./choose.ts";
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
  /** There is something to claim in a namespace: calls `wish` when the next call for it goes. */
  ask: (namespace: string) => void;
  /** Free slots now, claims under way not counted. */
  freeSlots: () => number;
  /**
   * Its repo has a folder here, a profile of its cascade is offered and healthy now, and no cap forbids it beside what
   * runs and the `coming` ones, which are named already.
   */
  canRun: (offer: Offer, coming: readonly Offer[]) => boolean;
  isOurs: (job: string) => boolean;
  onClaimed: (claimed: Claimed) => void;
  /** Nothing is left that could be claimed now, and no claim is under way. */
  onIdle: () => void;
}

/** What one call names. */
interface Call {
  offers: readonly Offer[];
  slots: number;
  ended: Promise<void>;
}

/** Claims for one session from its construction until `stop`. */
export class Claimer {
  readonly #deps: ClaimerDeps;
  readonly #windows: Windows;
  readonly #peers: Peers;
  readonly #refused: Refusals;
  readonly #chooser: Chooser;
  readonly #namespaces: readonly string[];
  /** Under way. */
  readonly #calls = new Set<Call>();
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: ClaimerDeps) {
    this.#deps = deps;
    this.#refused = refusals(deps.clock);
    const namespaces = [...new Set(deps.lanes.map((lane) => lane.namespace))];
    this.#namespaces = namespaces;
    this.#peers = watchPeers({ ...deps, namespaces, onKnown: () => this.wake() });
    this.#chooser = {
      fits: (offer, beside) => this.#fits(offer, beside),
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
    if (!this.#mayClaim() || this.#free() <= 0) return;
    const choice = chooseJob(this.#windows.offers(), this.#chooser, this.#deps.clock.monotonic());
    switch (choice.kind) {
      case "wait":
        return this.#wakeIn(choice.ms);
      case "none":
        return this.#nothingFits();
      case "claim":
        return this.#namespaces.forEach((namespace) => this.#deps.ask(namespace));
      default:
        return choice satisfies never;
    }
  }

  /** What to name in a call for `namespace` whose reports free `freed` slots. */
  wish(namespace: string, freed: number): Wish | undefined {
    const slots = Math.min(this.#free() + freed, MAX_EXCHANGE);
    if (!this.#mayClaim() || slots <= 0) return undefined;
    const offers = this.#windows.offers().filter((offer) => offer.namespace === namespace);
    const now = this.#deps.clock.monotonic();
    const chosen = chooseSome(offers, this.#chooser, { now, slots, carried: freed > 0 });
    return chosen.length === 0 ? undefined : this.#wish(chosen, slots);
  }

  /** Claims nothing more; resolves when no claim is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#windows.close();
    this.#peers.stop();
    await Promise.all([...this.#calls].map(({ ended }) => ended));
  }

  #mayClaim(): boolean {
    return !this.#stopped && this.#peers.known() && !this.#deps.session.lost.aborted;
  }

  #free(): number {
    return [...this.#calls].reduce((left, call) => left - call.slots, this.#deps.freeSlots());
  }

  #fits(offer: Offer, beside: readonly Offer[]): boolean {
    const { id } = offer.job;
    if (this.#deps.isOurs(id) || this.#refused.has(id)) return false;
    const coming = [...[...this.#calls].flatMap((call) => call.offers), ...beside];
    return !coming.some(({ job }) => job.id === id) && this.#deps.canRun(offer, coming);
  }

  #wish(offers: readonly Offer[], slots: number): Wish {
    const { clock, session } = this.#deps;
    let over: () => void = () => undefined;
    const call: Call = { offers, slots, ended: new Promise((resolve) => (over = resolve)) };
    this.#calls.add(call);
    const end = () => {
      this.#calls.delete(call);
      over();
      this.wake();
    };
    let sentAt = clock.monotonic();
    return {
      session: session.id,
      jobs: offers.map(({ job }) => job.id),
      slots,
      ready: async () => {
        for (const { job } of offers) await faultPoint("beforeClaim", job.handle);
        sentAt = clock.monotonic();
      },
      claimed: (jobs) => {
        this.#noteRefused(call, jobs);
        void Promise.all(jobs.map((claimed) => this.#begin(claimed, sentAt))).then(end);
      },
      failed: (error) => {
        this.#failed(offers, error);
        end();
      },
    };
  }

  /** With a slot to spare, what was named and not claimed was refused. */
  #noteRefused({ offers, slots }: Call, claimed: readonly Claimed[]): void {
    const got = new Set(claimed.map(({ job }) => job.id));
    const refused = claimed.length >= slots ? [] : offers.filter(({ job }) => !got.has(job.id));
    for (const { job } of refused) this.#refused.add(job.id);
    if (refused.length > 0) this.#peers.claimLost();
  }

  async #begin(claimed: Claimed, sentAt: number): Promise<void> {
    const { session, onClaimed } = this.#deps;
    const { id, handle } = claimed.job;
    this.#refused.forget(id);
    session.claimed(sentAt, claimed.renewInMs);
    try {
      await faultPoint("claimed", handle);
      onClaimed(claimed);
    } catch (error) {
      this.#failed([{ job: { id, handle } }], error);
    }
  }

  #failed(offers: readonly { job: Pick<Offer["job"], "id" | "handle"> }[], error: unknown): void {
    for (const { job } of offers) {
      this.#refused.add(job.id);
      const detail = describeError(error);
      this.#deps.log({ level: "warn", event: "claim:failed", job: job.handle, detail });
    }
  }

  #wakeIn(ms: number): void {
    this.#timer = setTimeout(() => this.wake(), ms);
  }

  #nothingFits(): void {
    const { log, onIdle } = this.#deps;
    const again = [this.#refused.nextMs(), this.#windows.nextSearchMs()].filter((ms) => ms !== undefined);
    if (again.length > 0) this.#wakeIn(Math.min(...again));
    this.#windows
      .searchOn((offer) => this.#fits(offer, []))
      .then(
        (found) => {
          if (found) this.wake();
          else if (this.#calls.size === 0 && this.#windows.complete() && !this.#stopped) onIdle();
        },
        (error: unknown) => log({ level: "warn", event: "claim:searchFailed", detail: describeError(error) }),
      );
  }
}
