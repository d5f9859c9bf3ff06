import { DeveloperError } from "../values/errors.ts";
import { decodeId, newId } from "../values/ids.ts";
import { type ConvexJson, type ConvexObject, fieldAt, int64Json, isObject, textOf } from "../values/json.ts";
import { encodeKey } from "../values/keyEncoding.ts";
import { checkDocument, checkSystemFields, mergePatch, sortedDocument } from "./documents.ts";
import type { IndexEntry, TableEntry } from "./catalog.ts";
import { ReadSet } from "./readSet.ts";
import type { StoredDocument } from "./rows.ts";
import type { Store } from "./store.ts";
import { type OwnLimits, Usage } from "./usage.ts";
import { validate } from "./validate.ts";

/** An index key that a write made, changed or removed. */
export interface TouchedKey {
  readonly index: number;
  readonly key: Buffer;
}

interface FoundDocument extends StoredDocument {
  readonly id: string;
  readonly table: TableEntry;
}

/**
 * One function call's view of the data. Writes go to SQLite at once, inside the savepoint that the committer has
 * opened; the transaction remembers which index keys it read and touched.
 */
export class Transaction {
  readonly reads = new ReadSet();
  readonly usage = new Usage();
  readonly store: Store;
  /** The timestamp this transaction commits at (when it writes). */
  ts: bigint;
  /** Grows with every write; open streams then read again instead of giving stale rows. */
  writeVersion = 0;
  touched: TouchedKey[] = [];
  newTables: TableEntry[] = [];
  #unresolved: string[] = [];
  #depth = 0;

  constructor(store: Store, ts: bigint) {
    this.store = store;
    this.ts = ts;
  }

  /** The JSON text of a document, or null; the id may be of any table, or must be of `table` when that is given. */
  get(id: string, table?: string): string | null {
    const found = this.#find(id, { table, verb: "get" });
    if (found !== null) this.countRead(found.json);
    return found?.json ?? null;
  }

  /** Inserts a document and gives its id. */
  insert(tableName: string, value: ConvexJson): string {
    const table = this.store.catalog.table(tableName);
    const id = newId(table.number, Number(this.ts / 1_000_000n));
    this.#insert(table, checkDocument(value, "insert"), {
      id,
      creationTime: this.store.clock.creationTime(),
    });
    return id;
  }

  /** Puts a document back that was exported, with the id and creation time that it had. */
  restore(tableName: string, document: ConvexObject): void {
    const { _id, _creationTime, ...fields } = document;
    const system = { id: textOf(_id), creationTime: Number(_creationTime) };
    this.#insert(this.store.catalog.table(tableName), checkDocument(fields, "insert"), system);
  }

  #insert(
    table: TableEntry,
    fields: ConvexObject,
    { id, creationTime }: { id: string; creationTime: number },
  ): void {
    this.#checkSchema(table, fields);
    const document = sortedDocument({ ...fields, _creationTime: creationTime, _id: id });
    const json = this.#encode(id, document);
    if (!table.persisted) {
      this.store.catalog.write(table);
      this.newTables.push(table);
    }
    const seq = this.store.rows.insert(json);
    for (const index of table.indexes.values()) {
      const key = keyOf(document, index);
      this.store.rows.putKey(index.number, key, seq);
      this.touched.push({ index: index.number, key });
    }
  }

  /** Merges fields into a document; `{"$undefined": null}` removes one. Gives the new document. */
  patch(id: string, value: ConvexJson, table?: string): ConvexObject {
    const found = this.#mustFind(id, { table, verb: "patch" });
    const old = JSON.parse(found.json) as ConvexObject;
    return this.#update(found, old, mergePatch(old, checkDocument(value, "patch")));
  }

  /** Replaces all fields of a document but the system ones. Gives the new document. */
  replace(id: string, value: ConvexJson, table?: string): ConvexObject {
    const found = this.#mustFind(id, { table, verb: "replace" });
    const old = JSON.parse(found.json) as ConvexObject;
    const fields = checkDocument(value, "replace");
    checkSystemFields(old, fields);
    const system = { _creationTime: old["_creationTime"] ?? null, _id: old["_id"] ?? null };
    return this.#update(found, old, { ...fields, ...system });
  }

  /** Deletes a document and gives its JSON text. */
  remove(id: string, table?: string): string {
    const found = this.#mustFind(id, { table, verb: "delete" });
    const old = JSON.parse(found.json) as ConvexObject;
    this.#countWrite(found.json);
    this.store.rows.delete(found.seq);
    for (const index of found.table.indexes.values()) {
      const key = keyOf(old, index);
      this.store.rows.dropKey(index.number, key);
      this.touched.push({ index: index.number, key });
    }
    return found.json;
  }

  /** Runs a nested call whose writes vanish when it throws. */
  nested<T>(run: () => T): T {
    const close = this.openNested();
    try {
      const value = run();
      close(true);
      return value;
    } catch (error) {
      close(false);
      throw error;
    }
  }

  /** Opens a savepoint; the function given back closes it, keeping the writes since (or not). */
  openNested(own?: OwnLimits): (keep: boolean) => void {
    const closeUsage = this.usage.openNested(own);
    const name = `nested${this.#depth++}`;
    const kept = { touched: this.touched.length, newTables: this.newTables.length };
    const unresolved = [...this.#unresolved];
    const { driver } = this.store;
    driver.exec(`SAVEPOINT ${name}`);
    return (keep) => {
      this.#depth--;
      closeUsage(keep);
      if (!keep) {
        driver.exec(`ROLLBACK TO ${name}`);
        this.touched.length = kept.touched;
        this.newTables.length = kept.newTables;
        this.#unresolved = unresolved;
        this.writeVersion++;
      }
      driver.exec(`RELEASE ${name}`);
    };
  }

  /** Puts the commit timestamp in place of every `{"$commitTs": null}` that the transaction wrote. */
  resolveCommitTs(): void {
    const ids = new Set(this.#unresolved);
    this.#unresolved = [];
    for (const id of ids) {
      const found = this.#find(id, { verb: "get" });
      if (found === null) continue;
      const old = JSON.parse(found.json) as ConvexObject;
      this.#rewrite(found, old, withCommitTs(old, this.ts) as ConvexObject);
    }
  }

  /** Counts a document as read. */
  countRead(json: string): void {
    this.usage.add("documentsRead", 1);
    this.usage.add("bytesRead", this.usage.sizeOf(json));
  }

  #update(found: FoundDocument, old: ConvexObject, fields: ConvexObject): ConvexObject {
    const { _id, _creationTime, ...own } = fields;
    this.#checkSchema(found.table, own);
    const document = sortedDocument(fields);
    this.#rewrite(found, old, document);
    return document;
  }

  #rewrite(found: FoundDocument, old: ConvexObject, document: ConvexObject): void {
    const { rows } = this.store;
    rows.update(found.seq, this.#encode(found.id, document));
    for (const index of found.table.indexes.values()) {
      const before = keyOf(old, index);
      const after = keyOf(document, index);
      this.touched.push({ index: index.number, key: before });
      if (before.equals(after)) continue;
      rows.dropKey(index.number, before);
      rows.putKey(index.number, after, found.seq);
      this.touched.push({ index: index.number, key: after });
    }
  }

  #encode(id: string, document: ConvexObject): string {
    const json = JSON.stringify(document);
    this.#countWrite(json);
    if (json.includes('{"$commitTs":null}')) this.#unresolved.push(id);
    return json;
  }

  #countWrite(json: string): void {
    this.writeVersion++;
    this.usage.add("documentsWritten", 1);
    this.usage.add("bytesWritten", this.usage.sizeOf(json));
  }

  #checkSchema(table: TableEntry, fields: ConvexObject): void {
    if (table.documentType === null) return;
    const problem = validate(fields, table.documentType, this.store.catalog);
    if (problem === null) return;
    throw new DeveloperError(
      `Failed to insert or update a document in table "${table.name}" because it does not match the schema: ${problem}`,
    );
  }

  #mustFind(id: string, how: { table: string | undefined; verb: string }): FoundDocument {
    const found = this.#find(id, how);
    if (found !== null) {
      this.countRead(found.json);
      return found;
    }
    const verb = how.verb === "delete" ? "Delete" : how.verb === "replace" ? "Replace" : "Update";
    throw new DeveloperError(`${verb} on nonexistent document ID ${id}`);
  }

  #find(id: string, how: { table?: string | undefined; verb: string }): FoundDocument | null {
    const decoded = decodeId(id);
    if (decoded === null) {
      throw new DeveloperError(
        `Invalid argument \`id\` for \`db.${how.verb}\`: Unable to decode ID: Invalid ID "${id}"`,
      );
    }
    const table = this.store.catalog.byNumber(decoded.tableNumber);
    if (how.table !== undefined && table?.name !== how.table)
      throw new DeveloperError(wrongTable(how, table));
    if (table === undefined) return null;
    const index = (table.indexes.get("by_id") as IndexEntry).number;
    const key = encodeKey([id]);
    this.usage.add("databaseQueries", 1);
    this.reads.point(index, key);
    const stored = this.store.rows.get(index, key);
    return stored === undefined ? null : { seq: stored.seq, json: stored.json, id, table };
  }
}

function keyOf(document: ConvexObject, index: IndexEntry): Buffer {
  return encodeKey(index.fields.map((field) => fieldAt(document, field)));
}

function wrongTable(how: { table?: string | undefined; verb: string }, actual?: TableEntry): string {
  const got = actual === undefined ? "an unknown table" : `table '${actual.name}'`;
  return `Invalid argument \`id\` for \`db.${how.verb}\`: expected ID in table '${how.table}' but got ID in ${got}`;
}

/** The value with the commit timestamp in place of each placeholder. */
export function withCommitTs(value: ConvexJson, ts: bigint): ConvexJson {
  if (Array.isArray(value)) return value.map((item) => withCommitTs(item, ts));
  if (typeof value !== "object" || value === null) return value;
  if ("$commitTs" in value) return int64Json(ts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, withCommitTs(item, ts)]));
}
