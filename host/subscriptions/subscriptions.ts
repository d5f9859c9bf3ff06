import { overlaps } from "../database/conflicts.ts";
import type { Commit } from "../database/task.ts";
import type { Engine, QueryAnswer, QueryCall } from "../functions/engine.ts";
import { identityKey } from "../functions/identity.ts";
import type { CallOutcome } from "../functions/outcome.ts";
import { canonicalPath } from "../functions/registry.ts";
import { FanOut, type Subscriber } from "./fanOut.ts";
import { ReadIndex } from "./readIndex.ts";

/** Results without a subscriber that are kept until a commit touches them. */
const KEPT_RESULTS = 512;
/** Pause after the database itself failed. */
const RETRY_MS = 1_000;

export type { Subscriber } from "./fanOut.ts";

/** One evaluation of a query for everybody who asks the same with the same identity. */
export interface SharedQuery {
  readonly key: string;
  readonly call: QueryCall;
  /** Subscribers and how often each holds it. */
  readonly holders: Map<Subscriber, number>;
  answer: QueryAnswer | null;
  /** Grows when the outcome changes; a re-run with the same outcome is not sent again. */
  version: number;
  isValid: boolean;
  /** True once a page has been held to its first end: a new subscriber would not want that end. */
  isPinned: boolean;
}

/**
 * Keeps query results up to date: a commit invalidates the results whose reads it touches, one refresh evaluates all
 * invalid ones at one timestamp, and the subscribers concerned are told.
 */
export class Subscriptions {
  readonly #engine: Engine;
  readonly #shared = new Map<string, SharedQuery>();
  /** Queries with subscribers; a pinned one may have lost its place among the shared ones. */
  readonly #held = new Set<SharedQuery>();
  readonly #reads = new ReadIndex<SharedQuery>();
  /** Held queries that must be evaluated (again). */
  readonly #dirty = new Set<SharedQuery>();
  readonly #waiting = new Set<Subscriber>();
  readonly #fanOut = new FanOut(() => this.#dirty.size > 0);
  /** Commits that came while evaluations were under way. */
  #recent: Commit[] = [];
  #evaluating = 0;
  /** Grows with every change of the functions. */
  #epoch = 0;
  #refreshing = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.onCommit((commit) => this.#committed(commit));
  }

  /** Joins (or makes) the shared query; its answer is there when `refreshed` is next called. */
  acquire(call: QueryCall, subscriber: Subscriber): SharedQuery {
    const query = this.#find(call);
    query.holders.set(subscriber, 1 + (query.holders.get(subscriber) ?? 0));
    this.#held.add(query);
    if (!query.isValid) this.#dirty.add(query);
    return query;
  }

  release(query: SharedQuery, subscriber: Subscriber): void {
    const rest = (query.holders.get(subscriber) ?? 1) - 1;
    if (rest > 0) query.holders.set(subscriber, rest);
    else query.holders.delete(subscriber);
    if (query.holders.size > 0) return;
    this.#dirty.delete(query);
    this.#held.delete(query);
    if (!query.isValid || query.isPinned) this.#forget(query);
    else this.#evict();
  }

  /** Asks for a call of `refreshed`, also when none of the subscriber's results change. */
  request(subscriber: Subscriber): void {
    this.#waiting.add(subscriber);
    this.#refresh();
  }

  cancel(subscriber: Subscriber): void {
    this.#waiting.delete(subscriber);
    this.#fanOut.cancel(subscriber);
  }

  /** A single result, shared with subscribers and earlier callers for as long as it is valid. */
  async query(call: QueryCall): Promise<QueryAnswer> {
    const query = this.#find(call);
    if (query.isValid && query.answer !== null) return query.answer;
    const { answers } = await this.#evaluate(() => [query]);
    if (query.holders.size === 0 && (!query.isValid || query.isPinned)) this.#forget(query);
    this.#evict();
    return answers[0] as QueryAnswer;
  }

  /** Queries that are watched, and how often in all. */
  get counts(): { queries: number; subscriptions: number } {
    let subscriptions = 0;
    for (const { holders } of this.#held) for (const times of holders.values()) subscriptions += times;
    return { queries: this.#held.size, subscriptions };
  }

  /** Evaluates everything again, because the functions or their environment changed. */
  invalidateAll(): void {
    this.#epoch++;
    for (const query of new Set([...this.#shared.values(), ...this.#held])) this.#invalidate(query);
    if (this.#dirty.size > 0) this.#refresh();
  }

  #find(call: QueryCall): SharedQuery {
    const parts = [canonicalPath(call.path), call.args, call.journal, identityKey(call.identity)];
    const key = JSON.stringify(parts);
    const present = this.#shared.get(key);
    if (present !== undefined && !present.isPinned) return present;
    const query = {
      key,
      call,
      holders: new Map<Subscriber, number>(),
      answer: null,
      version: 0,
      isValid: false,
      // Queries of the host itself also read what is no document, so nothing says when they change.
      isPinned: call.path.startsWith("_system/"),
    };
    this.#shared.set(key, query);
    return query;
  }

  #committed(commit: Commit): void {
    if (this.#evaluating > 0) this.#recent.push(commit);
    for (const query of this.#reads.touchedBy(commit.touched)) this.#invalidate(query);
    // Also when that is none: who has written is about to ask, and finds the refresh under way, not a turn later.
    this.#refresh();
  }

  #invalidate(query: SharedQuery): void {
    this.#unindex(query);
    query.isValid = false;
    if (query.holders.size > 0) this.#dirty.add(query);
    else this.#forget(query);
  }

  #refresh(): void {
    if (this.#refreshing) return;
    this.#refreshing = true;
    void this.#refreshAll();
  }

  async #refreshAll(): Promise<void> {
    do {
      try {
        await this.#refreshOnce();
      } catch {
        // The database itself failed (disk full, say): subscribers keep what they have until it works again.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    } while (this.#dirty.size + this.#waiting.size > 0);
    this.#refreshing = false;
  }

  async #refreshOnce(): Promise<void> {
    const before = new Map<SharedQuery, number>();
    const { ts } = await this.#evaluate(() => {
      for (const query of this.#dirty) before.set(query, query.version);
      return [...this.#dirty];
    });
    const changed = [...before].filter(([query, version]) => query.version !== version);
    const asking = new Set(this.#waiting);
    this.#waiting.clear();
    this.#fanOut.tell(
      ts,
      asking,
      changed.flatMap(([query]) => [...query.holders.keys()]),
    );
  }

  /**
   * Evaluates all at one timestamp. The queries are picked when the reads run, not when they are queued: one that a
   * commit invalidates in between would otherwise be announced at a timestamp at which it is out of date.
   */
  async #evaluate(pick: () => SharedQuery[]): Promise<{ answers: QueryAnswer[]; ts: bigint }> {
    this.#evaluating++;
    try {
      const started = await this.#engine.inspect(() => {
        const queries = pick();
        const calls = queries.map(({ call, answer }) => ({
          ...call,
          journal: answer?.journal ?? call.journal,
        }));
        const answers = Promise.all(calls.map((call) => this.#engine.query(call)));
        return { queries, answers: { promise: answers }, ts: this.#engine.latestTs, epoch: this.#epoch };
      });
      const answers = await started.answers.promise;
      for (const [i, query] of started.queries.entries()) this.#accept(query, answers[i] as QueryAnswer);
      if (started.epoch !== this.#epoch) for (const query of started.queries) this.#invalidate(query);
      return { answers, ts: started.ts };
    } finally {
      if (--this.#evaluating === 0) this.#recent = [];
    }
  }

  #accept(query: SharedQuery, answer: QueryAnswer): void {
    if (query.answer !== null && answer.journal !== null) query.isPinned = true;
    if (query.answer === null || !sameOutcome(query.answer.outcome, answer.outcome)) query.version++;
    this.#unindex(query);
    query.answer = answer;
    query.isValid = true;
    this.#dirty.delete(query);
    this.#reads.add(answer.reads, query);
    // A commit may have come after the evaluation and before this line.
    const overtaken = this.#recent.some(
      ({ ts, touched }) => ts > answer.ts && overlaps(answer.reads, touched),
    );
    if (overtaken) this.#invalidate(query);
  }

  #forget(query: SharedQuery): void {
    this.#unindex(query);
    if (this.#shared.get(query.key) === query) this.#shared.delete(query.key);
  }

  #unindex(query: SharedQuery): void {
    if (query.answer !== null) this.#reads.remove(query.answer.reads, query);
  }

  #evict(): void {
    if (this.#shared.size <= KEPT_RESULTS) return;
    for (const query of this.#shared.values()) {
      if (query.holders.size === 0) return this.#forget(query);
    }
  }
}

function sameOutcome(a: CallOutcome, b: CallOutcome): boolean {
  const sameLines =
    a.logLines.length === b.logLines.length && a.logLines.join("\n") === b.logLines.join("\n");
  if (!sameLines || a.kind !== b.kind) return false;
  if (a.kind === "success") return b.kind === "success" && a.value === b.value;
  // Every run has its own request id in the message.
  return (
    b.kind === "failure" &&
    withoutId(a.message) === withoutId(b.message) &&
    JSON.stringify(a.data) === JSON.stringify(b.data)
  );
}

function withoutId(message: string): string {
  return message.replace(/^\[Request ID: \w+\] /, "");
}
