import type { LoggedChange } from "../database/changeLog.ts";
import type { Transaction } from "../database/transaction.ts";
import { encodeKey } from "../values/keyEncoding.ts";
import { type Page, type PageRequest, Values } from "./exportedPage.ts";

export interface DeltasRequest extends PageRequest {
  /** Timestamp after which the page begins. */
  readonly cursor: bigint;
}

/** The next changes in the order of their transactions, of which none is torn apart. */
export function deltasPage(tx: Transaction, { cursor, tableName, format }: DeltasRequest): Page<bigint> {
  const { changes, clock } = tx.store;
  const values = new Values(format);
  let end = cursor;
  while (!values.isFull) {
    const ts = changes.next(end, tableName);
    // A table that rests must not leave its reader with a timestamp that grows too old.
    if (ts === null) return { values: values.texts, hasMore: false, cursor: clock.latest };
    for (const change of changes.at(ts, tableName)) {
      const json = valueAfter(tx, change);
      if (json === null) values.addDeleted(change.id, change);
      else values.add(json, change);
    }
    end = ts;
  }
  return { values: values.texts, hasMore: true, cursor: end };
}

/** What the change made of its document: what the next one found, or what the document is now. */
function valueAfter({ store }: Transaction, { id, table, ts }: LoggedChange): string | null {
  const next = store.changes.valueAfter(id, ts);
  if (next !== undefined) return next;
  const index = store.catalog.find(table)?.indexes.get("by_id")?.number;
  return index === undefined ? null : (store.rows.get(index, encodeKey([id]))?.json ?? null);
}
