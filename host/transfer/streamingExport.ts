import type { Transaction } from "../database/transaction.ts";
import type { Engine } from "../functions/engine.ts";
import { DeveloperError } from "../values/errors.ts";
import { deltasPage, type DeltasRequest } from "./deltasPage.ts";
import type { Page } from "./exportedPage.ts";
import { jsonSchemaOf } from "./jsonSchemas.ts";
import { type Place, snapshotPage, type SnapshotRequest } from "./snapshotPage.ts";

/** Asked for data of a time that is not there: not recorded, too old, or yet to come. */
export class OutOfRetention extends DeveloperError {
  override name = "OutOfRetention";
}

/**
 * Documents as of one moment, page by page, and their changes after it. Changes are recorded from the first call on, as
 * long as calls come.
 */
export class StreamingExport {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The next page of all documents at the snapshot. */
  async listSnapshot(request: SnapshotRequest): Promise<Page<Place> & { snapshot: bigint }> {
    await this.#keepRecording();
    return await this.#engine.inspect((tx) => {
      const { latest } = tx.store.clock;
      const snapshot = request.snapshot ?? latest;
      checkTime(tx, snapshot);
      return { ...snapshotPage(tx, snapshot, request), snapshot };
    });
  }

  /** The next changes after the cursor, in the order of their transactions, none of which is torn apart. */
  async documentDeltas(request: DeltasRequest): Promise<Page<bigint>> {
    if (await this.#engine.inspect(({ store }) => store.changes.isOn)) await this.#keepRecording();
    return await this.#engine.inspect((tx) => {
      checkTime(tx, request.cursor);
      return deltasPage(tx, request);
    });
  }

  /** What documents of each table look like in the other answers. */
  async jsonSchemas(how: { withDelta: boolean }): Promise<Record<string, object>> {
    return await this.#engine.inspect(({ store }) => {
      const tables = store.catalog.all().filter(({ name }) => !name.startsWith("_"));
      return Object.fromEntries(tables.map((table) => [table.name, jsonSchemaOf(table, how)]));
    });
  }

  async #keepRecording(): Promise<void> {
    if (!(await this.#engine.inspect(({ store }) => store.changes.isForgotten))) return;
    await this.#engine.maintain(({ store }) => store.changes.keepOn(store.clock.latest));
  }
}

function checkTime({ store }: Transaction, ts: bigint): void {
  const { from } = store.changes;
  if (from !== null && ts >= from && ts <= store.clock.latest) return;
  throw new OutOfRetention(
    `The timestamp ${ts} is out of what is recorded` +
      (from === null ? "" : ` (${from} to ${store.clock.latest})`) +
      ". Begin again with /api/list_snapshot without a snapshot: changes are recorded from there on, for a week.",
  );
}
