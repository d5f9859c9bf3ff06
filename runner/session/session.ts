/**
 * One session of the runner: its start, its heartbeat and its end. The heartbeat lives here, in the daemon, never in
 * what executes a job, so that a job cannot starve it.
 *
 * A session is lost when the backend says so, or when no renewal got through until the end of the lease minus a
 * margin. Then `lost` is aborted, and whoever executes a job for it kills the job's processes.
 */
import type { Backend } from "../connect/backend.ts";
import { describeError } from "../connect/callError.ts";
import type { Orders, SessionStart, StartedSession } from "../connect/types.ts";
import type { Clock, LogEntry } from "../options.ts";
import { lease, type Lease } from "./lease.ts";

/** The backend asks for a renewal at a third of the lease. */
const RENEWALS_PER_LEASE = 3;
/** How often the lease is looked at, ms. */
const WATCH_MS = 250;
/** Time before a refused heartbeat is tried again, ms. */
const RETRY_MS = 750;
/** What is left to a lost session for killing its processes, ms: TERM, 5 s, KILL. After it the guard does it. */
const KILL_MS = 10_000;
/** The wall clock and the monotonic one part by more than this, ms, when the machine has slept: renew at once. */
const SLEEP_GAP_MS = 2000;

export interface SessionDeps {
  backend: Backend;
  clock: Clock;
  log: (entry: LogEntry) => void;
  start: SessionStart;
  /** What is executed now. */
  running: () => { job: string; attempt: number }[];
  onOrders: (orders: Orders) => void;
  /** Told several times a second how long the lease still holds, ms. */
  onLease: (leftMs: number) => void;
}

/** Starts a session. Waits for the connection; rejects when the backend refuses. */
export async function openSession(deps: SessionDeps): Promise<{ session: Session; started: StartedSession }> {
  const sentAt = deps.clock.monotonic();
  const started = await deps.backend.startSession(deps.start);
  return { session: new Session(deps, started, sentAt), started };
}

/** A session that keeps itself alive from its construction until `end`, or until it is lost. */
export class Session {
  readonly id: string;
  readonly #deps: SessionDeps;
  readonly #lease: Lease;
  readonly #lost = new AbortController();
  readonly #watch: NodeJS.Timeout;
  readonly #unwatch: () => void;
  #renewAt: number;
  #beating = false;
  #stopped = false;
  /** Wall clock minus monotonic clock: it jumps when the machine has slept. */
  #clockGap: number;

  constructor(deps: SessionDeps, started: StartedSession, sentAt: number) {
    this.id = started.session;
    this.#deps = deps;
    // Not `leaseMs`, which is the lease with running jobs: an idle session has, and renews, a longer one.
    this.#lease = lease(sentAt, started.renewInMs * RENEWALS_PER_LEASE);
    this.#renewAt = sentAt + started.renewInMs;
    this.#clockGap = deps.clock.now() - deps.clock.monotonic();
    this.#watch = setInterval(() => this.#look(), Math.min(WATCH_MS, started.renewInMs));
    this.#unwatch = deps.backend.watchOrders(this.id, (orders) => this.#obey(orders));
  }

  /** Aborted when the session is lost; the reason is a text. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** A claim that was sent at `sentAt` (monotonic ms) shortens the long lease of an idle session; it renews nothing. */
  claimed(sentAt: number, renewInMs: number): void {
    this.#renewAt = Math.min(this.#renewAt, sentAt + renewInMs);
    if (!this.#lease.shortened(sentAt, renewInMs * RENEWALS_PER_LEASE)) return;
    // At once: a runner that is killed before its next look would leave its guard with the long lease.
    this.#deps.onLease(this.#lease.leftMs(this.#deps.clock.monotonic()));
  }

  /**
   * Looks at the lease now, and loses the session when it is over. To be called right before something is started: a
   * process that was stopped (a debugger, Ctrl+Z, a frozen machine) goes on with what it was about to do before any
   * timer tells it that somebody else has the job by now.
   */
  check(): void {
    if (!this.#stopped) this.#look();
  }

  /** Stops heartbeat and orders, and tells the backend unless the session is lost anyway. */
  async end(): Promise<void> {
    this.#stop();
    if (!this.lost.aborted) await this.#deps.backend.endSession(this.id);
  }

  #look(): void {
    const { clock } = this.#deps;
    const now = clock.monotonic();
    const gap = clock.now() - now;
    const slept = Math.abs(gap - this.#clockGap) > SLEEP_GAP_MS;
    this.#clockGap = gap;
    const leftMs = this.#lease.leftMs(now);
    this.#deps.onLease(leftMs);
    if (leftMs <= 0) this.#lose("no renewal got through before the lease ended");
    else if ((now >= this.#renewAt || slept) && !this.#beating) void this.#beat();
  }

  async #beat(): Promise<void> {
    const { backend, clock, log, running } = this.#deps;
    this.#beating = true;
    try {
      const sentAt = clock.monotonic();
      const answer = await backend.heartbeat(this.id, running());
      if (answer.kind === "lost") return this.#lose("the lease has lapsed");
      this.#lease.renewed(sentAt, answer.renewInMs * RENEWALS_PER_LEASE);
      this.#renewAt = sentAt + answer.renewInMs;
      this.#obey(answer.orders);
    } catch (error) {
      // A refused heartbeat is no renewal: the lease runs on, and its end decides.
      this.#renewAt = clock.monotonic() + RETRY_MS;
      log({ level: "warn", event: "session:heartbeatFailed", detail: describeError(error) });
    } finally {
      this.#beating = false;
    }
  }

  #obey(orders: Orders): void {
    if (orders.alive) this.#deps.onOrders(orders);
    else this.#lose("the backend has ended the session");
  }

  #lose(why: string): void {
    if (this.lost.aborted) return;
    this.#deps.log({ level: "warn", event: "session:lost", detail: why });
    this.#stop();
    this.#deps.onLease(KILL_MS);
    this.#lost.abort(why);
  }

  /** Twice for a session that is lost and then ended: Convex' client fails when a subscription is ended twice. */
  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#watch);
    this.#unwatch();
  }
}
