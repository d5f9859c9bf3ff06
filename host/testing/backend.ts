import { AsyncLocalStorage } from "node:async_hooks";
import { Committer } from "../database/committer.ts";
import { applySchema } from "../database/migrate.ts";
import { fieldNames, parseSchema, type Schema } from "../database/schema.ts";
import { openStore, type Store } from "../database/store.ts";
import type { Transaction } from "../database/transaction.ts";
import type { OwnLimits } from "../database/usage.ts";
import { openDataFile } from "../storage/dataFile.ts";
import { resolved } from "../functions/deterministic.ts";
import { TestClock } from "./clock.ts";
import { withTestGlobals } from "./globals.ts";

/** What a function came to; the error is the one that it threw, because test and function share a realm. */
export type Ran = { ok: true; value: string } | { ok: false; error: unknown };

/** Work in a transaction, which for it happens at `nowMs`. */
export type Work = (tx: Transaction, nowMs: number) => Promise<Ran>;

export interface BackendOptions {
  readonly schema: Schema;
  /** SQLite file, or ":memory:". */
  readonly file: string;
  /** Those of Convex with changes, or none. */
  readonly limits: OwnLimits | "none";
}

interface Opened {
  readonly store: Store;
  readonly clock: TestClock;
  readonly committer: Committer;
}

/** Store and executor of one `convexTest()`, opened with its first call. */
export class TestBackend {
  readonly #options: BackendOptions;
  #opened: Promise<Opened> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: BackendOptions) {
    this.#options = options;
  }

  async store(): Promise<Store> {
    return (await this.#open()).store;
  }

  /** Runs work in a transaction of its own; a failure takes its writes back. One after another, in the order asked. */
  transact(kind: "query" | "mutation", work: Work): Promise<Ran> {
    // The executor works in the context of whoever woke it, but a function belongs into that of its own caller.
    const inCaller = AsyncLocalStorage.snapshot();
    const next = this.#turn.then(() =>
      withTestGlobals(() => this.#transact(kind, (tx, nowMs) => inCaller(() => work(tx, nowMs)))),
    );
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async #transact(kind: "query" | "mutation", work: Work): Promise<Ran> {
    const { committer, clock } = await this.#open();
    let end = clock.latest;
    const task = {
      isTrusted: true,
      run: async (tx: Transaction) => {
        tx.usage.limitTo(this.#options.limits);
        const ran = await work(tx, clock.nowMs());
        if (kind === "mutation" && ran.ok) end = tx.ts = clock.next();
        const value =
          ran.ok && kind === "mutation" ? { ok: true as const, value: resolved(ran.value, tx) } : ran;
        return { commit: value.ok, value };
      },
      runaway: (): Ran => ({ ok: false, error: new Error("The transaction was ended.") }),
    };
    const { value } = await (kind === "query" ? committer.read(task) : committer.write(task));
    clock.latest = end;
    return value;
  }

  #open(): Promise<Opened> {
    return (this.#opened ??= this.#openNow());
  }

  async #openNow(): Promise<Opened> {
    const { driver } = await openDataFile(this.#options.file);
    const opened = openStore(driver);
    const clock = new TestClock(opened.clock);
    const store: Store = { ...opened, clock };
    store.files.origin = "https://some-deployment.convex.cloud";
    store.files.uploadKey = "test";
    applySchema(store, this.#options.schema);
    const unguarded = <T>(step: () => T): T => step();
    return { store, clock, committer: new Committer(store, unguarded, { onCommit: () => undefined }) };
  }
}

/** Reads `schema.export()`; search and vector indexes stay outside, and only their use is an error. */
export function testSchema(exported: string | null): Schema {
  if (exported === null) return { tables: [] };
  const { tables, ...rest } = JSON.parse(exported) as { tables: object[] };
  const none = { searchIndexes: [], vectorIndexes: [] };
  const noneStaged = { stagedSearchIndexes: [], stagedVectorIndexes: [] };
  const schema = parseSchema(
    JSON.stringify({ ...rest, tables: tables.map((table) => ({ ...table, ...none, ...noneStaged })) }),
  );
  // The server takes other names too, but suites for convex-test expect them to be refused.
  for (const { documentType } of schema.tables) {
    const odd = fieldNames(documentType ?? { type: "any" }).find((name) => !/^[a-zA-Z_]\w*$/.test(name));
    if (odd !== undefined) throw new Error(`Field names must be valid identifiers, got "${odd}"`);
  }
  return schema;
}
