import type { Driver, SqlValue, Statement } from "../storage/driver.ts";
import type { TableEntry } from "./catalog.ts";

/** Changes are kept this long, and so are the timestamps from which a client can go on. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** Changes kept at most; the oldest go first. */
const KEPT_CHANGES = 1_000_000;
/** Rows deleted per turn, so that a sweep never holds up mutations. */
const SWEEP_ROWS = 5_000;
/** How often it is noted that somebody still asks. */
const ASKED_EVERY_MS = 3_600_000;
const KEY = "changes";

/** A document that a transaction has changed, as it was before: null when it was not there. */
export interface Change {
  readonly id: string;
  readonly table: TableEntry;
  readonly before: string | null;
}
export interface LoggedChange {
  readonly ts: bigint;
  readonly id: string;
  readonly table: string;
}
interface State {
  /** Every change after this timestamp is in the log. */
  readonly from: string;
  /** When somebody last asked for it, milliseconds since the epoch. */
  readonly askedMs: number;
}

/**
 * What documents were before each change, from the first time that somebody asks until nobody has for a week. What a
 * document became stands in the next change of it, or in the document itself. Off, it costs nothing.
 */
export class ChangeLog {
  readonly #driver: Driver;
  readonly #statements = new Map<string, Statement>();
  #state: State | null;

  constructor(driver: Driver) {
    this.#driver = driver;
    const row = driver.prepare("SELECT value FROM meta WHERE key = ?").get([KEY]);
    this.#state = row === undefined ? null : (JSON.parse(String(row["value"])) as State);
  }

  get isOn(): boolean {
    return this.#state !== null;
  }

  /** The timestamp since which the log knows everything; null when it is off. */
  get from(): bigint | null {
    return this.#state === null ? null : BigInt(this.#state.from);
  }

  /** Whether `keepOn` has something to write. */
  get isForgotten(): boolean {
    return this.#state === null || Date.now() - this.#state.askedMs > ASKED_EVERY_MS;
  }

  /** In an open transaction without other changes: begins after `ts`, or notes that the log is still asked for. */
  keepOn(ts: bigint): void {
    if (this.#state === null) this.#run("DELETE FROM changes");
    this.#put({ from: this.#state?.from ?? textOf(ts), askedMs: Date.now() });
  }

  /** Adds what a transaction has changed; of several changes of a document at one timestamp the first counts. */
  record(ts: bigint, changes: Iterable<Change>): void {
    for (const { id, table, before } of changes) {
      if (isSystem(table)) continue;
      this.#run("INSERT OR IGNORE INTO changes VALUES (?, ?, ?, ?)", [textOf(ts), id, table.name, before]);
    }
  }

  /** Adds all documents of a table, which are about to be deleted. */
  recordAll(ts: bigint, table: TableEntry): void {
    const byId = table.indexes.get("by_id")?.number;
    if (!this.isOn || byId === undefined || isSystem(table)) return;
    this.#run(
      `INSERT OR IGNORE INTO changes SELECT ?, json_extract(json, '$._id'), ?, json FROM docs
        WHERE seq IN (SELECT doc FROM idx WHERE idx = ?)`,
      [textOf(ts), table.name, byId],
    );
  }

  /** The timestamp of the first changes after `ts`, of one table or of all; null when there are none. */
  next(ts: bigint, table: string | undefined): bigint | null {
    const [row] =
      table === undefined
        ? this.#all("SELECT ts FROM changes WHERE ts > ? ORDER BY ts LIMIT 1", [textOf(ts)])
        : this.#all("SELECT ts FROM changes WHERE ts > ? AND tab = ? ORDER BY ts LIMIT 1", [
            textOf(ts),
            table,
          ]);
    return row === undefined ? null : BigInt(String(row["ts"]));
  }

  /** What one transaction has changed, in one table or in all. */
  at(ts: bigint, table: string | undefined): LoggedChange[] {
    const rows = this.#all("SELECT id, tab FROM changes WHERE ts = ? ORDER BY id", [textOf(ts)]);
    return rows
      .map((row) => ({ ts, id: String(row["id"]), table: String(row["tab"]) }))
      .filter((change) => table === undefined || change.table === table);
  }

  /** What a document was after its change at `ts`: undefined when it has not changed since. */
  valueAfter(id: string, ts: bigint): string | null | undefined {
    const sql = "SELECT before FROM changes WHERE id = ? AND ts > ? ORDER BY ts LIMIT 1";
    return this.#statement(sql).get([id, textOf(ts)])?.["before"] as string | null | undefined;
  }

  /** Documents of a table that have changed after `ts`, by their ids beyond one, as they were at `ts`. */
  valuesAt(
    ts: bigint,
    { table, beyond }: { table: string; beyond: string },
    limit: number,
  ): Map<string, string | null> {
    // SQLite takes the other columns from the row that has the minimum.
    const sql = `SELECT id, before, min(ts) FROM changes WHERE tab = ? AND ts > ? AND id > ? GROUP BY id ORDER BY id LIMIT ?`;
    const rows = this.#all(sql, [table, textOf(ts), beyond, limit]);
    return new Map(rows.map((row) => [String(row["id"]), row["before"] as string | null]));
  }

  /** When a document last changed up to `ts`; null when that was before the log began. */
  lastChange(id: string, ts: bigint): bigint | null {
    const sql = "SELECT max(ts) AS ts FROM changes WHERE id = ? AND ts <= ?";
    const found = this.#statement(sql).get([id, textOf(ts)])?.["ts"] ?? null;
    return found === null ? null : BigInt(found as string);
  }

  /**
   * In an open transaction: deletes some of what is too old or too much, or everything when nobody has asked for long.
   * True when there is more to delete.
   */
  sweep(): boolean {
    const state = this.#state;
    if (state === null) return false;
    if (Date.now() - state.askedMs > KEPT_MS) return this.#stop();
    const tooMany = this.#all("SELECT ts FROM changes ORDER BY ts DESC LIMIT 1 OFFSET ?", [KEPT_CHANGES]);
    const tooOld = textOf(BigInt(Date.now() - KEPT_MS) * 1_000_000n);
    const ends = [state.from, tooOld, ...tooMany.map(({ ts }) => String(ts))].sort();
    const from = ends.at(-1) as string;
    if (from !== state.from) this.#put({ ...state, from });
    this.#run(
      "DELETE FROM changes WHERE (ts, id) IN (SELECT ts, id FROM changes WHERE ts <= ? ORDER BY ts LIMIT ?)",
      [from, SWEEP_ROWS],
    );
    return this.#all("SELECT 1 FROM changes WHERE ts <= ? LIMIT 1", [from]).length > 0;
  }

  #stop(): false {
    this.#run("DELETE FROM changes");
    this.#run("DELETE FROM meta WHERE key = ?", [KEY]);
    this.#state = null;
    return false;
  }

  #put(state: State): void {
    this.#run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [KEY, JSON.stringify(state)]);
    this.#state = state;
  }

  #run(sql: string, params?: SqlValue[]): void {
    this.#statement(sql).run(params);
  }

  #all(sql: string, params: SqlValue[]): ReturnType<Statement["all"]> {
    return this.#statement(sql).all(params);
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#driver.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

function isSystem(table: TableEntry): boolean {
  return table.name.startsWith("_");
}

/** Text of a fixed length, whose order is that of the numbers. */
function textOf(ts: bigint): string {
  return ts.toString().padStart(20, "0");
}
