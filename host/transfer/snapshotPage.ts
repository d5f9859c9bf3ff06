import type { TableEntry } from "../database/catalog.ts";
import type { Transaction } from "../database/transaction.ts";
import { type ConvexObject, textOf } from "../values/json.ts";
import { afterPrefix, encodeKey } from "../values/keyEncoding.ts";
import { type Page, PAGE_DOCUMENTS, type PageRequest, Values } from "./exportedPage.ts";

/** How far a walk through all tables has come. */
export interface Place {
  readonly table: number;
  /** The last document that it has seen; "" before the first of a table. */
  readonly id: string;
}
export interface SnapshotRequest extends PageRequest {
  /** That of an earlier page, or the latest. */
  readonly snapshot?: bigint | undefined;
  /** That of an earlier page, or the beginning. */
  readonly cursor?: Place | undefined;
}
/** A document as it was at the snapshot: null when it was not there. */
interface Seen {
  readonly id: string;
  readonly json: string | null;
}

/** The next documents as they were at the snapshot, table by table and by id. */
export function snapshotPage(
  tx: Transaction,
  snapshot: bigint,
  { cursor, tableName, format }: SnapshotRequest,
): Page<Place> {
  const { changes } = tx.store;
  const values = new Values(format);
  let place = cursor ?? { table: 0, id: "" };
  for (const table of tablesFrom(tx, place.table, tableName)) {
    if (table.number !== place.table) place = { table: table.number, id: "" };
    for (const { id, json } of documentsAt(tx, table, { snapshot, beyond: place.id })) {
      if (values.isFull) return { values: values.texts, hasMore: true, cursor: place };
      const ts = changes.lastChange(id, snapshot) ?? changes.from ?? snapshot;
      if (json !== null) values.add(json, { table: table.name, ts });
      place = { table: table.number, id };
    }
  }
  return { values: values.texts, hasMore: false, cursor: place };
}

function tablesFrom({ store }: Transaction, number: number, only: string | undefined): TableEntry[] {
  return store.catalog
    .all()
    .filter((table) => !table.name.startsWith("_") && (only === undefined || table.name === only))
    .filter((table) => table.number >= number)
    .sort((a, b) => a.number - b.number);
}

/** Documents of a table beyond an id. */
function* documentsAt(
  tx: Transaction,
  table: TableEntry,
  { snapshot, beyond }: { snapshot: bigint; beyond: string },
): Generator<Seen> {
  for (let from: string | undefined = beyond; from !== undefined;) {
    const now = present(tx, table, from);
    const before = tx.store.changes.valuesAt(snapshot, { table: table.name, beyond: from }, PAGE_DOCUMENTS);
    // Beyond the end of a list that was cut, its next ones are unknown.
    const ends = [now, before]
      .filter((list) => list.size === PAGE_DOCUMENTS)
      .map((list) => [...list.keys()].at(-1) as string);
    const end: string | undefined = ends.sort()[0];
    const all = [...new Map([...now, ...before])].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [id, json] of all) if (end === undefined || id <= end) yield { id, json };
    from = end;
  }
}

function present({ store }: Transaction, table: TableEntry, beyond: string): Map<string, string | null> {
  const index = table.indexes.get("by_id")?.number ?? 0;
  const lo = beyond === "" ? encodeKey([]) : afterPrefix(encodeKey([beyond]));
  const rows = store.rows.scan({ index, lo, hi: afterPrefix(Buffer.alloc(0)) }, "asc", PAGE_DOCUMENTS);
  return new Map(rows.map(({ json }) => [textOf((JSON.parse(json) as ConvexObject)["_id"]), json]));
}
