import { changeSchema } from "../database/migrate.ts";
import type { Schema } from "../database/schema.ts";
import { Transaction } from "../database/transaction.ts";
import { DeveloperError } from "../values/errors.ts";
import { giveUrl, PART_BYTES, putPart, STORAGE_TABLE } from "../files/fileStore.ts";
import type { ConvexObject } from "../values/json.ts";
import type { ImportContent, ImportedTable } from "./readImport.ts";

export const IMPORT_MODES = ["requireEmpty", "append", "replace", "replaceAll"] as const;
export type ImportMode = (typeof IMPORT_MODES)[number];

/** Documents written under one set of limits. */
const CHUNK_DOCUMENTS = 500;

/**
 * Writes what was read inside an open transaction, all or nothing. Ids and creation times of the file are kept;
 * tables take the numbers that the ids hold.
 * @returns how many documents were written
 * @throws DeveloperError when a table is not empty, a document does not fit the schema, or ids belong elsewhere
 */
export function applyImport(
  tx: Transaction,
  content: ImportContent,
  how: { mode: ImportMode; schema: Schema },
): number {
  const { mode, schema } = how;
  const tables = content.tables.filter(
    ({ name, documents }) => documents.length > 0 || mode !== "append" || !name,
  );
  const emptied = mode === "replaceAll" ? allTables(tx) : tables.map(({ name }) => name);
  for (const name of emptied) {
    if (mode === "replace" || mode === "replaceAll") empty(tx, name);
    else if (mode === "requireEmpty" && countRows(tx, name) > 0) throw new DeveloperError(notEmpty(name));
  }
  takeNumbers(tx, tables);
  // Tables that are new with this import get their indexes and rules now.
  changeSchema(tx.store, schema);
  let written = 0;
  for (const table of tables) written += writeTable(tx, table);
  writeFiles(tx, content);
  return written;
}

function writeTable(tx: Transaction, { name, documents }: ImportedTable): number {
  for (let at = 0; at < documents.length; at += CHUNK_DOCUMENTS) {
    const chunk = new Transaction(tx.store, tx.ts);
    for (const document of documents.slice(at, at + CHUNK_DOCUMENTS)) write(chunk, name, document);
    chunk.keep();
    tx.newTables.push(...chunk.newTables);
    // One touched key is enough to make the transaction count as a write; subscriptions are all evaluated anew.
    if (tx.touched.length === 0) tx.touched.push(...chunk.touched.slice(0, 1));
  }
  return documents.length;
}

function write(tx: Transaction, table: string, document: ConvexObject): void {
  const { internalId: _internal, ...fields } = document;
  const whole = table === STORAGE_TABLE ? fields : document;
  if (typeof whole["_id"] !== "string") {
    const { _creationTime: _time, ...rest } = whole;
    tx.insert(table, rest);
    return;
  }
  tx.restore(table, { _creationTime: tx.store.clock.creationTime(), ...whole });
}

function writeFiles(tx: Transaction, { files }: ImportContent): void {
  const { driver } = tx.store;
  for (const [id, bytes] of files) {
    if (tx.get(id, STORAGE_TABLE) === null) continue;
    giveUrl(driver, id);
    for (let part = 0; part * PART_BYTES < bytes.length; part++) {
      putPart(driver, { id, part, bytes: bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES) });
    }
  }
}

/** Gives imported tables the numbers of their ids; a table that stands in the way, and is empty, gets another. */
function takeNumbers(tx: Transaction, tables: readonly ImportedTable[]): void {
  const { catalog } = tx.store;
  const moves = new Map<string, number>();
  for (const { name, number } of tables) {
    if (number === null || catalog.find(name)?.number === number) continue;
    if (countRows(tx, name) > 0) throw new DeveloperError(otherNumber(name));
    moves.set(name, number);
  }
  for (const number of [...moves.values()]) {
    const holder = catalog.byNumber(number);
    if (holder === undefined || moves.has(holder.name)) continue;
    if (countRows(tx, holder.name) > 0) throw new DeveloperError(otherNumber(holder.name));
    moves.set(holder.name, catalog.freeNumber());
  }
  if (moves.size > 0) catalog.renumber(moves);
}

function empty({ store, ts }: Transaction, name: string): void {
  const table = store.catalog.find(name);
  const byId = table?.indexes.get("by_id");
  if (table === undefined || byId === undefined) return;
  store.changes.recordAll(ts, table);
  store.driver
    .prepare("DELETE FROM docs WHERE seq IN (SELECT doc FROM idx WHERE idx = ?)")
    .run([byId.number]);
  for (const index of table.indexes.values()) store.rows.dropIndex(index.number);
  if (name === STORAGE_TABLE) store.driver.exec("DELETE FROM files; DELETE FROM file_urls");
}

function countRows({ store }: Transaction, name: string): number {
  const byId = store.catalog.find(name)?.indexes.get("by_id");
  if (byId === undefined) return 0;
  return Number(
    store.driver.prepare("SELECT count(*) AS n FROM idx WHERE idx = ?").get([byId.number])?.["n"],
  );
}

function allTables({ store }: Transaction): string[] {
  const names = store.catalog.all().map(({ name }) => name);
  return names.filter((name) => !name.startsWith("_") || name === STORAGE_TABLE);
}

function notEmpty(name: string): string {
  return `Table "${name}" already has documents. Use --replace to replace them, or --append to add to them.`;
}

function otherNumber(name: string): string {
  return `Table "${name}" has documents whose ids do not go with those of the import. Use --replace-all to replace everything.`;
}
