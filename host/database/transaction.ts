import { DeveloperError } from "../values/errors.ts";
import { decodeId, newId } from "../values/ids.ts";
import { type ConvexJson, type ConvexObject, textOf } from "../values/json.ts";
import { encodeKey } from "../values/keyEncoding.ts";
import { withCommitTs } from "./commitTs.ts";
import { checkDocument, checkSystemFields, mergePatch, ownFields, sortedDocument } from "./documents.ts";
import { fitsPatched } from "./fits.ts";
import type { IndexEntry, TableEntry } from "./catalog.ts";
import { type ChangeVerb, type IdVerb, invalidId, nonexistent, wrongTable } from "./idErrors.ts";
import { ReadSet } from "./readSet.ts";
import type { Store } from "./store.ts";
import { type OwnLimits, Usage } from "./usage.ts";
import { validate } from "./validate.ts";
import { type HeldDocument, type TouchedKey, WriteBuffer } from "./writeBuffer.ts";

type Found = HeldDocument & { readonly json: string };

/**
 * One function call's view of the data, inside the SQLite transaction of its batch. Writes wait in a buffer until
 * they are needed; the transaction remembers which index keys it read and touched.
 */
export class Transaction {
  readonly reads = new ReadSet();
  readonly usage: Usage;
  readonly store: Store;
  /** The timestamp this transaction commits at (when it writes). */
  ts: bigint;
  /** Grows with every write; open streams then read again instead of giving stale rows. */
  writeVersion = 0;
  touched: TouchedKey[] = [];
  newTables: TableEntry[] = [];
  #unresolved: string[] = [];
  #depth = 0;
  readonly #buffer: WriteBuffer;
  #hasSavepoint = false;

  constructor(store: Store, ts: bigint, usage = new Usage()) {
    this.store = store;
    this.ts = ts;
    this.usage = usage;
    this.#buffer = new WriteBuffer(store.rows);
  }

  /** True when it has changed something, or is about to. */
  get hasWritten(): boolean {
    return this.touched.length > 0 || this.#buffer.isDirty;
  }

  /**
   * From here on `takeBack` is able to undo what SQLite is told. Opened late, because most calls write but once, at
   * their end: code of the host calls this before it writes to SQLite by itself.
   */
  openSavepoint(): void {
    if (!this.#hasSavepoint) this.store.driver.exec("SAVEPOINT mutation");
    this.#hasSavepoint = true;
  }

  /** Keeps the writes, for the COMMIT of the batch. */
  keep(): void {
    this.#write();
    const { changes } = this.store;
    if (changes.isOn) changes.record(this.ts, this.#buffer.changes());
    if (this.#hasSavepoint) this.store.driver.exec("RELEASE mutation");
    this.#hasSavepoint = false;
  }

  /** Undoes every write. */
  takeBack(): void {
    this.#buffer.clear();
    if (!this.#hasSavepoint) return;
    this.store.driver.exec("ROLLBACK TO mutation");
    this.store.driver.exec("RELEASE mutation");
    this.#hasSavepoint = false;
  }

  /** Gives SQLite what waits in the buffer, of one table or of all, so that a scan of its indexes sees it. */
  flush(table?: string): void {
    if (!this.#buffer.isDirty) return;
    this.openSavepoint();
    this.#write(table);
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
    const document = sortedDocument({ _creationTime: creationTime, _id: id, ...fields });
    this.#buffer.insert(id, table, { document, json: this.#encode(id, document) });
  }

  /** Merges fields into a document; `{"$undefined": null}` removes one. */
  patch(id: string, value: ConvexJson, table?: string): void {
    const found = this.#mustFind(id, { table, verb: "patch" });
    const old = { document: this.#buffer.documentOf(found), json: found.json };
    const patched = mergePatch(old, checkDocument(value, "patch"));
    const { documentType } = found.table;
    const fits = documentType === null || fitsPatched(patched, documentType, this.store.catalog);
    if (!fits) this.#checkSchema(found.table, ownFields(patched.document));
    this.#update(found, patched.document);
  }

  /** Replaces all fields of a document but the system ones. */
  replace(id: string, value: ConvexJson, table?: string): void {
    const found = this.#mustFind(id, { table, verb: "replace" });
    const old = this.#buffer.documentOf(found);
    const fields = checkDocument(value, "replace");
    checkSystemFields(old, fields);
    const own = ownFields(fields);
    this.#checkSchema(found.table, own);
    const { _id = null, _creationTime = null } = old;
    this.#update(found, sortedDocument({ _creationTime, _id, ...own }));
  }

  /** Deletes a document. */
  remove(id: string, table?: string): void {
    const found = this.#mustFind(id, { table, verb: "delete" });
    this.#countWrite(found.json);
    this.#buffer.remove(found);
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
    // What waits belongs to the caller and must outlive this call's end, however that comes.
    this.flush();
    this.openSavepoint();
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
        this.#buffer.clear();
        driver.exec(`ROLLBACK TO ${name}`);
        this.touched.length = kept.touched;
        this.newTables.length = kept.newTables;
        this.#unresolved = unresolved;
        this.writeVersion++;
      }
      driver.exec(`RELEASE ${name}`);
    };
  }

  /**
   * A view of the data as this transaction found it, for a query whose reads shall conflict with nobody. Until it is
   * closed nothing may be asked of the transaction itself, whose writes are put aside. What it reads counts here.
   */
  openSnapshot(): { tx: Transaction; close: () => void } {
    this.flush();
    const show = this.#buffer.hide();
    return {
      tx: new Transaction(this.store, this.ts, this.usage),
      close: () => {
        show();
        this.writeVersion++;
      },
    };
  }

  /** Puts the commit timestamp in place of every `{"$commitTs": null}` that the transaction wrote. */
  resolveCommitTs(): void {
    const ids = new Set(this.#unresolved);
    this.#unresolved = [];
    for (const id of ids) {
      const found = this.#find(id, { verb: "get" });
      if (found === null) continue;
      const document = withCommitTs(this.#buffer.documentOf(found), this.ts) as ConvexObject;
      this.#buffer.update(found, { document, json: this.#encode(id, document) });
    }
  }

  /** Counts a document as read. */
  countRead(json: string): void {
    this.usage.addDocument("documentsRead", json);
  }

  #update(found: Found, document: ConvexObject): void {
    this.#buffer.update(found, { document, json: this.#encode(found.id, document) });
  }

  #write(table?: string): void {
    for (const each of this.#buffer.dirtyTables()) {
      if (each.persisted || this.newTables.includes(each)) continue;
      this.store.catalog.write(each);
      this.newTables.push(each);
    }
    for (const key of this.#buffer.flush(table)) this.touched.push(key);
  }

  #encode(id: string, document: ConvexObject): string {
    const json = JSON.stringify(document);
    this.#countWrite(json);
    if (json.includes('{"$commitTs":null}')) this.#unresolved.push(id);
    return json;
  }

  #countWrite(json: string): void {
    this.writeVersion++;
    this.usage.addDocument("documentsWritten", json);
  }

  #checkSchema(table: TableEntry, fields: ConvexObject): void {
    if (table.documentType === null) return;
    const problem = validate(fields, table.documentType, this.store.catalog);
    if (problem === null) return;
    throw new DeveloperError(
      `Failed to insert or update a document in table "${table.name}" because it does not match the schema: ${problem}`,
    );
  }

  #mustFind(id: string, how: { table: string | undefined; verb: ChangeVerb }): Found {
    const found = this.#find(id, how);
    if (found !== null) {
      this.countRead(found.json);
      return found;
    }
    throw nonexistent(how.verb, id);
  }

  #find(id: string, how: { table?: string | undefined; verb: IdVerb }): Found | null {
    const held = this.#buffer.find(id);
    const table = held === undefined ? this.#tableOf(id, how.verb) : held.table;
    if (how.table !== undefined && table?.name !== how.table) throw wrongTable(how.verb, how.table, table);
    if (table === undefined) return null;
    this.usage.add("databaseQueries", 1);
    if (held !== undefined) return held.json === null ? null : (held as Found);
    const index = (table.indexes.get("by_id") as IndexEntry).number;
    const key = encodeKey([id]);
    this.reads.point(index, key);
    const stored = this.store.rows.get(index, key);
    return stored === undefined ? null : (this.#buffer.hold(id, table, stored) as Found);
  }

  #tableOf(id: string, verb: IdVerb): TableEntry | undefined {
    const decoded = decodeId(id);
    if (decoded === null) throw invalidId(verb, id);
    return this.store.catalog.byNumber(decoded.tableNumber);
  }
}
