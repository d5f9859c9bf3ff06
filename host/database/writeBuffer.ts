import type { ConvexObject } from "../values/json.ts";
import { fieldAt, rootOf } from "../values/json.ts";
import { encodeKey } from "../values/keyEncoding.ts";
import type { Change } from "./changeLog.ts";
import type { IndexEntry, TableEntry } from "./catalog.ts";
import type { Rows, StoredDocument } from "./rows.ts";

/** An index key that a write made, changed or removed. */
export interface TouchedKey {
  readonly index: number;
  readonly key: Buffer;
}

/** A document that its transaction has read or written. */
export interface HeldDocument {
  readonly id: string;
  readonly table: TableEntry;
  /** As the transaction left it: null after a removal. */
  readonly json: string | null;
}

interface Held extends HeldDocument {
  json: string | null;
  /** The same as `json`, parsed when first needed. */
  document: ConvexObject | null;
  /** What SQLite has of it, rows and index keys alike; null when it has nothing. */
  stored: StoredDocument | null;
  storedDocument: ConvexObject | null;
  isDirty: boolean;
}

/**
 * The documents that a transaction has touched. Writes stay here until a query reads an index of their table, or the
 * transaction ends: a document that is inserted and then patched, or patched three times, costs SQLite and its
 * indexes one write (a job has some twelve index rows).
 */
export class WriteBuffer {
  readonly #rows: Rows;
  readonly #held = new Map<string, Held>();
  readonly #dirty = new Map<string, Set<Held>>();
  /** What the transaction has changed, as it was before: null for a document that was not there. */
  readonly #before = new Map<string, { table: TableEntry; json: string | null }>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** Undefined for a document that this transaction has not seen. */
  find(id: string): HeldDocument | undefined {
    return this.#held.get(id);
  }

  /** Keeps a document as SQLite has it. */
  hold(id: string, table: TableEntry, stored: StoredDocument): HeldDocument {
    const { json } = stored;
    const held: Held = { id, table, json, document: null, stored, storedDocument: null, isDirty: false };
    this.#held.set(id, held);
    return held;
  }

  /** The document behind a held one that has not been removed. */
  documentOf({ id }: HeldDocument): ConvexObject {
    const held = this.#held.get(id) as Held;
    return (held.document ??= JSON.parse(held.json as string) as ConvexObject);
  }

  insert(id: string, table: TableEntry, written: { document: ConvexObject; json: string }): void {
    const earlier = this.#held.get(id);
    const none = { stored: null, storedDocument: null };
    const held: Held = { ...none, ...earlier, id, table, ...written, isDirty: true };
    this.#held.set(id, held);
    if (earlier?.isDirty) this.#dirty.get(table.name)?.delete(earlier);
    this.#mark(held);
  }

  update({ id }: HeldDocument, written: { document: ConvexObject; json: string }): void {
    const held = this.#held.get(id) as Held;
    this.documentOf(held);
    if (!held.isDirty) held.storedDocument = held.document;
    this.#mark(Object.assign(held, written));
  }

  remove({ id }: HeldDocument): void {
    const held = this.#held.get(id) as Held;
    if (!held.isDirty) held.storedDocument = this.documentOf(held);
    this.#mark(Object.assign(held, { json: null, document: null }));
  }

  /** Tables with writes that SQLite does not have yet. */
  dirtyTables(): TableEntry[] {
    return [...this.#dirty.values()].flatMap((held) => [...held].slice(0, 1).map(({ table }) => table));
  }

  /** Writes what is dirty, of one table or of all, and gives the keys that this touches. */
  flush(table?: string): TouchedKey[] {
    const touched: TouchedKey[] = [];
    for (const name of table === undefined ? [...this.#dirty.keys()] : [table]) {
      for (const held of this.#dirty.get(name) ?? []) this.#write(held, touched);
      this.#dirty.delete(name);
    }
    return touched;
  }

  /** Forgets everything; for when what SQLite has was taken back. */
  clear(): void {
    this.#held.clear();
    this.#dirty.clear();
  }

  /**
   * Makes SQLite hold what it held before the transaction, whose writes must all be flushed; the function given back
   * puts them in again.
   */
  hide(): () => void {
    const mine = [...this.#before].map(([id, { table, json }]) => {
      const now = this.#seek(id, table)?.json ?? null;
      return { id, table, before: json, now };
    });
    const make = (state: "before" | "now") => {
      for (const { id, table, [state]: json } of mine) this.#make(id, table, json);
      this.flush();
    };
    make("before");
    return () => make("now");
  }

  /** What the transaction leaves changed; its writes must all be flushed. */
  *changes(): Generator<Change> {
    for (const [id, { table, json }] of this.#before) {
      if (json !== (this.#seek(id, table)?.json ?? null)) yield { id, table, before: json };
    }
  }

  #seek(id: string, table: TableEntry): Held | undefined {
    const held = this.#held.get(id);
    if (held !== undefined) return held;
    const byId = (table.indexes.get("by_id") as IndexEntry).number;
    const stored = this.#rows.get(byId, encodeKey([id]));
    return stored === undefined ? undefined : (this.hold(id, table, stored) as Held);
  }

  #make(id: string, table: TableEntry, json: string | null): void {
    const held = this.#seek(id, table);
    const now = held?.json ?? null;
    if (json === now) return;
    if (json === null) return this.remove(held as Held);
    const written = { document: JSON.parse(json) as ConvexObject, json };
    if (now === null) this.insert(id, table, written);
    else this.update(held as Held, written);
  }

  #mark(held: Held): void {
    held.isDirty = true;
    const { id, table, stored } = held;
    if (!this.#before.has(id)) this.#before.set(id, { table, json: stored?.json ?? null });
    const { name } = held.table;
    const others = this.#dirty.get(name);
    if (others === undefined) this.#dirty.set(name, new Set([held]));
    else others.add(held);
  }

  #write(held: Held, touched: TouchedKey[]): void {
    const { stored, storedDocument: before, document: after, json } = held;
    held.isDirty = false;
    held.storedDocument = null;
    if (after === null || json === null) {
      held.stored = null;
      if (stored !== null && before !== null) this.#delete(held.table, { stored, before }, touched);
    } else if (stored === null || before === null) {
      held.stored = { seq: this.#insert(held.table, { after, json }, touched), json };
    } else {
      held.stored = { seq: stored.seq, json };
      this.#rows.update(stored.seq, json);
      const change = { before, after, fields: changedFields(before, after) };
      for (const index of held.table.indexes.values()) this.#move(index, change, touched);
    }
  }

  #insert(
    table: TableEntry,
    { after, json }: { after: ConvexObject; json: string },
    touched: TouchedKey[],
  ): number {
    const seq = this.#rows.insert(json);
    for (const index of table.indexes.values()) {
      const key = keyOf(after, index);
      this.#rows.putKey(index.number, key, seq);
      touched.push({ index: index.number, key });
    }
    return seq;
  }

  #delete(
    table: TableEntry,
    { stored, before }: { stored: StoredDocument; before: ConvexObject },
    touched: TouchedKey[],
  ): void {
    this.#rows.delete(stored.seq);
    for (const index of table.indexes.values()) {
      const key = keyOf(before, index);
      this.#rows.dropKey(index.number, key);
      touched.push({ index: index.number, key });
    }
  }

  /** An unchanged key counts as touched, too: who has read it has read the document. */
  #move(
    index: IndexEntry,
    { before, after, fields }: { before: ConvexObject; after: ConvexObject; fields: ReadonlySet<string> },
    touched: TouchedKey[],
  ): void {
    const old = new KeyOf(before, index);
    touched.push(old);
    if (!index.fields.some((path) => fields.has(rootOf(path)))) return;
    const key = keyOf(after, index);
    if (old.key.equals(key)) return;
    this.#rows.moveKey(index.number, old.key, key);
    touched.push({ index: index.number, key });
  }
}

/**
 * A document's key, encoded when somebody looks at it: a patch leaves most of a dozen indexes as they were, and only
 * those that a subscription reads are ever asked for.
 */
class KeyOf implements TouchedKey {
  readonly index: number;
  readonly #entry: IndexEntry;
  readonly #document: ConvexObject;
  #key: Buffer | undefined;

  constructor(document: ConvexObject, entry: IndexEntry) {
    this.index = entry.number;
    this.#entry = entry;
    this.#document = document;
  }

  get key(): Buffer {
    return (this.#key ??= keyOf(this.#document, this.#entry));
  }
}

/** Fields of a document that may have changed; those inside others count as these. */
function changedFields(before: ConvexObject, after: ConvexObject): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const field in after) if (before[field] !== after[field]) changed.add(field);
  for (const field in before) if (before[field] !== after[field]) changed.add(field);
  return changed;
}

function keyOf(document: ConvexObject, index: IndexEntry): Buffer {
  return encodeKey(index.fields.map((field) => fieldAt(document, field)));
}
