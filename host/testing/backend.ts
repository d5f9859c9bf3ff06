import { Committer } from "../database/committer.ts";
import { applySchema } from "../database/migrate.ts";
import { parseSchema } from "../database/schema.ts";
import { openStore, type Store } from "../database/store.ts";
import type { Transaction } from "../database/transaction.ts";
import { openDataFile } from "../storage/dataFile.ts";

/** What a function came to; the error is the one that it threw, because test and function share a realm. */
export type Ran = { ok: true; value: string } | { ok: false; error: unknown };

/** Store and executor of one `convexTest()`, opened with its first call. */
export class TestBackend {
  readonly #schema: string | null;
  readonly #file: string;
  readonly #enforcesLimits: boolean;
  #opened: Promise<{ store: Store; committer: Committer }> | undefined;

  constructor(options: { schema: string | null; file: string; enforcesLimits: boolean }) {
    this.#schema = options.schema;
    this.#file = options.file;
    this.#enforcesLimits = options.enforcesLimits;
  }

  async store(): Promise<Store> {
    return (await this.#open()).store;
  }

  /** Runs work in a transaction of its own; a failure takes its writes back. */
  async transact(kind: "query" | "mutation", work: (tx: Transaction) => Promise<Ran>): Promise<Ran> {
    const { committer } = await this.#open();
    const task = {
      isTrusted: true,
      run: async (tx: Transaction) => {
        if (!this.#enforcesLimits) tx.usage.lift();
        const value = await work(tx);
        if (value.ok) tx.resolveCommitTs();
        return { commit: value.ok, value };
      },
      runaway: (): Ran => ({ ok: false, error: new Error("The transaction was ended.") }),
    };
    return (await (kind === "query" ? committer.read(task) : committer.write(task))).value;
  }

  #open(): Promise<{ store: Store; committer: Committer }> {
    return (this.#opened ??= this.#openNow());
  }

  async #openNow(): Promise<{ store: Store; committer: Committer }> {
    const { driver } = await openDataFile(this.#file);
    const store = openStore(driver);
    store.files.origin = "https://some-deployment.convex.cloud";
    store.files.uploadKey = "test";
    applySchema(store, this.#schema === null ? { tables: [] } : parseSchema(this.#schema));
    const unguarded = <T>(step: () => T): T => step();
    return { store, committer: new Committer(store, unguarded, { onCommit: () => undefined }) };
  }
}
