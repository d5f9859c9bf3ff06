import { HostError } from "../values/errors.ts";
import { type ConvexObject, fieldAt, textOf } from "../values/json.ts";
import { afterPrefix, encodeKey } from "../values/keyEncoding.ts";
import type { IndexEntry, TableEntry } from "./catalog.ts";
import type { Schema, SchemaTable } from "./schema.ts";
import type { Store } from "./store.ts";
import { validate } from "./validate.ts";

const BUILT_IN = ["by_id", "by_creation_time"];
/** Documents read at a time while an index is filled or a schema checked. */
const CHUNK = 500;

/**
 * Brings the stored tables to the schema in one transaction: new indexes are filled, vanished ones dropped, and when
 * the schema has changed every document is checked against it.
 * @throws HostError naming table, document and reason when a document does not fit; nothing is changed then
 */
export function applySchema(store: Store, schema: Schema): void {
  const { driver } = store;
  driver.exec("BEGIN IMMEDIATE");
  try {
    changeSchema(store, schema);
    driver.exec("COMMIT");
  } catch (error) {
    driver.exec("ROLLBACK");
    throw error;
  }
}

/**
 * The same inside an open transaction. When that one is taken back, `catalog.reload` and another call with the
 * schema before must follow, because the catalog in memory has changed.
 * @throws HostError as `applySchema`; the rows are then half changed
 */
export function changeSchema(store: Store, schema: Schema): void {
  const { driver, catalog } = store;
  const tables = [...ownTables, ...schema.tables];
  const entries = tables.map((wanted) => ({ wanted, entry: catalog.table(wanted.name) }));
  for (const table of catalog.all()) table.documentType = null;
  for (const { wanted, entry } of entries) entry.documentType = wanted.documentType;
  const text = JSON.stringify(schema);
  if (storedSchema(store) !== text) for (const { entry } of entries) checkDocuments(store, entry);
  for (const { wanted, entry } of entries) reconcile(store, entry, wanted);
  for (const table of catalog.all()) {
    if (!tables.some(({ name }) => name === table.name)) dropIndexes(store, table, []);
  }
  driver.prepare("INSERT OR REPLACE INTO meta VALUES ('schema', ?)").run([text]);
  for (const { entry } of entries) entry.persisted = true;
}

/**
 * Checks the stored documents against a schema, without changing anything.
 * @throws HostError naming table, document and reason when one does not fit
 */
export function checkSchema(store: Store, schema: Schema): void {
  if (storedSchema(store) === JSON.stringify(schema)) return;
  for (const { name, documentType } of schema.tables) {
    const entry = store.catalog.find(name);
    if (entry !== undefined) checkDocuments(store, { ...entry, documentType });
  }
}

function storedSchema({ driver }: Store): unknown {
  return driver.prepare("SELECT value FROM meta WHERE key = 'schema'").get()?.["value"];
}

/** The table behind `ctx.scheduler`; `by_due` is the scheduler's own. */
const scheduledFunctionsTable: SchemaTable = {
  name: "_scheduled_functions",
  indexes: [
    { name: "by_due", fields: ["state.kind", "scheduledTime", "_creationTime", "_id"] },
    { name: "by_completed", fields: ["completedTime", "_creationTime", "_id"] },
  ],
  documentType: null,
};

/** Tables of the host itself, so that their numbers are the same in every data file. */
const ownTables: SchemaTable[] = [
  scheduledFunctionsTable,
  { name: "_storage", indexes: [], documentType: null },
  {
    name: "_environment_variables",
    indexes: [{ name: "by_name", fields: ["name", "_creationTime", "_id"] }],
    documentType: null,
  },
  { name: "_exports", indexes: [], documentType: null },
  { name: "_imports", indexes: [], documentType: null },
];

function reconcile(store: Store, table: TableEntry, wanted: SchemaTable): void {
  dropIndexes(store, table, wanted.indexes);
  const added = wanted.indexes
    .filter(({ name }) => !table.indexes.has(name))
    .map(({ name, fields }) => store.catalog.addIndex(table, name, fields));
  store.catalog.write(table);
  if (added.length > 0)
    forEachDocument(store, table, (seq, document) => fill(store, added, { seq, document }));
}

function fill(store: Store, indexes: IndexEntry[], row: { seq: number; document: ConvexObject }): void {
  for (const index of indexes) {
    const key = encodeKey(index.fields.map((field) => fieldAt(row.document, field)));
    store.rows.putKey(index.number, key, row.seq);
  }
}

function dropIndexes(store: Store, table: TableEntry, wanted: { name: string; fields: string[] }[]): void {
  for (const index of [...table.indexes.values()]) {
    const kept = wanted.some(
      ({ name, fields }) => name === index.name && fields.join() === index.fields.join(),
    );
    if (kept || BUILT_IN.includes(index.name)) continue;
    store.rows.dropIndex(index.number);
    store.catalog.removeIndex(table, index);
  }
}

function checkDocuments(store: Store, table: TableEntry): void {
  const { documentType } = table;
  if (documentType === null) return;
  forEachDocument(store, table, (_seq, { _id, _creationTime, ...fields }) => {
    const problem = validate(fields, documentType, store.catalog);
    if (problem === null) return;
    throw new HostError(
      `Schema validation failed.\nDocument with ID "${textOf(_id)}" in table "${table.name}" does not match the schema: ${problem}`,
    );
  });
}

function forEachDocument(
  store: Store,
  table: TableEntry,
  visit: (seq: number, document: ConvexObject) => void,
): void {
  const index = (table.indexes.get("by_id") as IndexEntry).number;
  const hi = afterPrefix(Buffer.alloc(0));
  let lo: Buffer = encodeKey([]);
  for (;;) {
    const chunk = store.rows.scan({ index, lo, hi }, "asc", CHUNK);
    for (const { key } of chunk) {
      const stored = store.rows.get(index, key);
      if (stored !== undefined) visit(stored.seq, JSON.parse(stored.json) as ConvexObject);
    }
    const last = chunk.at(-1);
    if (last === undefined) return;
    lo = Buffer.concat([last.key, Buffer.of(0)]);
  }
}
