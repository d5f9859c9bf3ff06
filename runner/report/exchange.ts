/**
 * The one way by which reports go out and claims come in: a group commit. While nothing is under way for a namespace,
 * what there is goes at once; while a call is, reports and free slots wait for its answer and go together with the
 * next one. Eight jobs that end together cost one transaction then, and one change of the ready window.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { MAX_EXCHANGE } from "../../domain/limits.ts";
import type { Backend } from "../connect/backend.ts";
import { describeError, refusalCode } from "../connect/callError.ts";
import type { Claimed, ExchangeCall, Report, ReportAnswer } from "../connect/types.ts";
import type { LogEntry } from "../options.ts";

/** Jobs to claim with a call; one of `claimed` and `failed` is called with what became of it. */
export interface Wish {
  session: string;
  jobs: string[];
  slots: number;
  /** Awaited right before the call; when it rejects, the call goes without this wish. */
  ready: () => Promise<void>;
  claimed: (jobs: Claimed[]) => void;
  failed: (error: unknown) => void;
}

/** What to claim in `namespace` with a call whose reports free `freed` slots. */
type WishFor = (namespace: string, freed: number) => Wish | undefined;

interface Post {
  report: Report;
  answered: (answer: ReportAnswer) => void;
  failed: (error: unknown) => void;
}

export interface ExchangeDeps {
  backend: Pick<Backend, "exchange" | "report">;
  /** Resolves once the reports are on disk: none is sent before. Once a call, not once a report. */
  sync: () => Promise<void>;
  log: (entry: LogEntry) => void;
}

/** One for a runner, for all its sessions. */
export class Exchange {
  readonly #backend: ExchangeDeps["backend"];
  readonly #sync: ExchangeDeps["sync"];
  readonly #log: ExchangeDeps["log"];
  readonly #waiting = new Map<string, Post[]>();
  readonly #running = new Set<string>();
  #wishFor: WishFor = () => undefined;

  constructor({ backend, sync, log }: ExchangeDeps) {
    this.#backend = backend;
    this.#sync = sync;
    this.#log = log;
  }

  /** From now on each call carries what `wishFor` gives. */
  claimBy(wishFor: WishFor): void {
    this.#wishFor = wishFor;
  }

  /** Sends a report with the next call. Rejects when the call fails, and when the backend refuses this report. */
  report(report: Report): Promise<ReportAnswer> {
    return new Promise((answered, failed) => {
      const waiting = this.#waiting.get(report.namespace) ?? [];
      this.#waiting.set(report.namespace, waiting);
      waiting.push({ report, answered, failed });
      this.ask(report.namespace);
    });
  }

  /** There may be something to claim. */
  ask(namespace: string): void {
    if (this.#running.has(namespace)) return;
    this.#running.add(namespace);
    void this.#run(namespace);
  }

  async #run(namespace: string): Promise<void> {
    for (;;) {
      // What ends in the same turn goes along, and what the last answer brought has taken its slot.
      await nextTurn();
      const posts = this.#waiting.get(namespace)?.splice(0, MAX_EXCHANGE) ?? [];
      const wish = this.#wishFor(namespace, posts.length);
      if (posts.length === 0 && wish === undefined) break;
      await this.#send(namespace, posts, await this.#prepared(wish));
    }
    // In the same turn as the last look: what comes later asks anew.
    this.#running.delete(namespace);
  }

  async #prepared(wish: Wish | undefined): Promise<Wish | undefined> {
    try {
      await wish?.ready();
      return wish;
    } catch (error) {
      wish?.failed(error);
      return undefined;
    }
  }

  async #send(namespace: string, posts: Post[], wish: Wish | undefined): Promise<void> {
    if (posts.length === 0 && wish === undefined) return;
    try {
      if (posts.length > 0) await this.#sync();
      const { answers, claimed } = await this.#backend.exchange({ namespace, ...contents(posts, wish) });
      // First: a slot that a report frees is taken again by now, and nobody should look for a job for it.
      wish?.claimed(claimed);
      posts.forEach((post, i) => post.answered(answers[i] ?? "lease_lost"));
    } catch (error) {
      wish?.failed(error);
      if (posts.length > 0 && isRefusal(error)) await this.#oneByOne(posts, error);
      else posts.forEach((post) => post.failed(error));
    }
  }

  /** One report that can never be taken refuses them all, and perhaps the session did: each finds out by itself. */
  async #oneByOne(posts: Post[], error: unknown): Promise<void> {
    this.#log({ level: "warn", event: "exchange:refused", detail: describeError(error) });
    await Promise.all(
      posts.map((post) => this.#backend.report(post.report).then(post.answered, post.failed)),
    );
  }
}

function contents(posts: readonly Post[], wish: Wish | undefined): Omit<ExchangeCall, "namespace"> {
  return {
    // Of reports alone it does not matter which, as long as it serves the namespace.
    session: wish?.session ?? posts.at(-1)?.report.fence.session ?? "",
    reports: posts.map(({ report: { fence, ended, outcome } }) => ({ fence, ended, outcome })),
    claim: wish === undefined ? { jobs: [], slots: 0 } : { jobs: wish.jobs, slots: wish.slots },
  };
}

/** An expired token comes back with a fresh one; every other typed refusal would be the same next time. */
export function isRefusal(error: unknown): boolean {
  const code = refusalCode(error);
  return code !== undefined && code !== "UNAUTHENTICATED";
}
