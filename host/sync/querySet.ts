import type { Identity } from "../functions/identity.ts";
import type { SharedQuery, Subscriber, Subscriptions } from "../subscriptions/subscriptions.ts";
import { type AddQuery, BadMessage } from "./protocol.ts";
import { queryRemoved, queryResult } from "./serverMessages.ts";

/** Queries that one socket may watch: far more than a page of any application, and a bound for what it costs. */
const MOST_QUERIES = 10_000;

interface HeldQuery {
  readonly add: AddQuery;
  shared: SharedQuery;
  /** Version of the shared result that the client has, or -1. */
  sent: number;
}

/** The queries that one socket watches, and what of their results it has been sent. */
export class QuerySet {
  readonly #subscriptions: Subscriptions;
  readonly #subscriber: Subscriber;
  readonly #held = new Map<number, HeldQuery>();
  readonly #removed: number[] = [];

  constructor(subscriptions: Subscriptions, subscriber: Subscriber) {
    this.#subscriptions = subscriptions;
    this.#subscriber = subscriber;
  }

  add(add: AddQuery, identity: Identity): void {
    if (this.#held.has(add.queryId)) throw new BadMessage(`Query ${add.queryId} was added twice`);
    if (this.#held.size >= MOST_QUERIES)
      throw new BadMessage(`Cannot watch more than ${MOST_QUERIES} queries`);
    this.#held.set(add.queryId, { add, shared: this.#acquire(add, identity), sent: -1 });
  }

  remove(queryId: number): void {
    const held = this.#held.get(queryId);
    if (held === undefined) throw new BadMessage(`Query ${queryId} was removed but never added`);
    this.#held.delete(queryId);
    this.#subscriptions.release(held.shared, this.#subscriber);
    if (held.sent >= 0) this.#removed.push(queryId);
  }

  /** All queries run again for another caller. */
  changeIdentity(identity: Identity): void {
    for (const held of this.#held.values()) {
      const old = held.shared;
      held.shared = this.#acquire(held.add, identity);
      // Another shared query counts its versions by itself, so what was sent says nothing about it.
      if (held.shared !== old) held.sent = -1;
      this.#subscriptions.release(old, this.#subscriber);
    }
  }

  /** False while a query has not been evaluated once: a Transition must carry a result for each. */
  get isReady(): boolean {
    for (const { shared } of this.#held.values()) if (shared.answer === null) return false;
    return true;
  }

  /** The modifications that bring the client up to date; they count as sent. */
  takeModifications(): string[] {
    const modifications = this.#removed.splice(0).map(queryRemoved);
    for (const [queryId, held] of this.#held) {
      if (held.sent === held.shared.version) continue;
      held.sent = held.shared.version;
      modifications.push(queryResult(queryId, held.shared));
    }
    return modifications;
  }

  close(): void {
    for (const { shared } of this.#held.values()) this.#subscriptions.release(shared, this.#subscriber);
    this.#held.clear();
    this.#subscriptions.cancel(this.#subscriber);
  }

  #acquire(add: AddQuery, identity: Identity): SharedQuery {
    if (add.componentPath) throw new BadMessage("This host has no components");
    const { udfPath: path, args, journal } = add;
    return this.#subscriptions.acquire({ path, args, identity, journal: journal ?? null }, this.#subscriber);
  }
}
