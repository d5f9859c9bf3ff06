import type { Driver, Statement } from "../storage/driver.ts";

export interface StoredDocument {
  readonly seq: number;
  readonly json: string;
}
export interface ScannedDocument {
  readonly key: Buffer;
  readonly json: string;
}
export interface KeyRange {
  readonly index: number;
  /** Inclusive. */
  readonly lo: Buffer;
  /** Exclusive. */
  readonly hi: Buffer;
}
export type Order = "asc" | "desc";

const SCAN = `SELECT i.key AS key, d.json AS json FROM idx i CROSS JOIN docs d ON d.seq = i.doc
  WHERE i.idx = ? AND i.key >= ? AND i.key < ?`;

/** The statements on `docs` and `idx`, prepared once. */
export class Rows {
  readonly #get: Statement;
  readonly #scan: Record<Order, Statement>;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;
  readonly #putKey: Statement;
  readonly #moveKey: Statement;
  readonly #dropKey: Statement;
  readonly #dropIndex: Statement;
  #nextSeq: number;

  constructor(driver: Driver) {
    this.#get = driver.prepare(
      "SELECT d.seq AS seq, d.json AS json FROM idx i CROSS JOIN docs d ON d.seq = i.doc WHERE i.idx = ? AND i.key = ?",
    );
    this.#scan = {
      asc: driver.prepare(`${SCAN} ORDER BY i.key ASC LIMIT ?`),
      desc: driver.prepare(`${SCAN} ORDER BY i.key DESC LIMIT ?`),
    };
    this.#insert = driver.prepare("INSERT INTO docs VALUES (?, ?)");
    this.#update = driver.prepare("UPDATE docs SET json = ? WHERE seq = ?");
    this.#delete = driver.prepare("DELETE FROM docs WHERE seq = ?");
    this.#putKey = driver.prepare("INSERT INTO idx VALUES (?, ?, ?)");
    this.#moveKey = driver.prepare("UPDATE idx SET key = ? WHERE idx = ? AND key = ?");
    this.#dropKey = driver.prepare("DELETE FROM idx WHERE idx = ? AND key = ?");
    this.#dropIndex = driver.prepare("DELETE FROM idx WHERE idx = ?");
    this.#nextSeq = 1 + Number(driver.prepare("SELECT max(seq) AS n FROM docs").get()?.["n"] ?? 0);
  }

  /** The document at exactly this key. */
  get(index: number, key: Buffer): StoredDocument | undefined {
    return this.#get.get([index, key]) as unknown as StoredDocument | undefined;
  }

  /** At most `limit` documents of a range, in key order. */
  scan(range: KeyRange, order: Order, limit: number): ScannedDocument[] {
    const parameters = [range.index, range.lo, range.hi, limit];
    // A query for one document is the commonest of all, and `get` costs a third less than `all`.
    const first = limit === 1 ? this.#scan[order].get(parameters) : null;
    if (first !== null) return (first === undefined ? [] : [first]) as unknown as ScannedDocument[];
    return this.#scan[order].all(parameters) as unknown as ScannedDocument[];
  }

  /** Gives the new row's number; numbers of transactions that are rolled back stay unused. */
  insert(json: string): number {
    const seq = this.#nextSeq++;
    this.#insert.run([seq, json]);
    return seq;
  }

  update(seq: number, json: string): void {
    this.#update.run([json, seq]);
  }

  delete(seq: number): void {
    this.#delete.run([seq]);
  }

  putKey(index: number, key: Buffer, seq: number): void {
    this.#putKey.run([index, key, seq]);
  }

  /** One statement instead of two: half of all index rows that a mutation writes are moved ones. */
  moveKey(index: number, from: Buffer, to: Buffer): void {
    this.#moveKey.run([to, index, from]);
  }

  dropKey(index: number, key: Buffer): void {
    this.#dropKey.run([index, key]);
  }

  dropIndex(index: number): void {
    this.#dropIndex.run([index]);
  }
}
