import type { Driver, Statement } from "../storage/driver.ts";
import { DeveloperError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import type { Validator } from "./validatorType.ts";

/** Numbers below are the host's own tables; user tables lie above, as on the real server. */
const FIRST_USER_TABLE = 10_001;
const SYSTEM_TABLES: Record<string, number> = {
  _scheduled_functions: 1,
  _storage: 2,
  _environment_variables: 3,
  _exports: 4,
  _imports: 5,
};

export interface IndexEntry {
  readonly number: number;
  readonly name: string;
  /** With the `_creationTime` and `_id` that end every index. */
  readonly fields: readonly string[];
}

export interface TableEntry {
  readonly number: number;
  readonly name: string;
  readonly indexes: Map<string, IndexEntry>;
  /** What the schema demands of a document; null when it says nothing. */
  documentType: Validator | null;
  /** False until the commit that first wrote the table's row is on disk. */
  persisted: boolean;
}

/** Tables and indexes by name and number, held in memory and mirrored in `tabs` and `indexes`. */
export class Catalog {
  readonly #tables = new Map<string, TableEntry>();
  readonly #byNumber = new Map<number, TableEntry>();
  #nextTable = FIRST_USER_TABLE;
  #nextIndex = 1;
  readonly #putTable: Statement;
  readonly #putIndex: Statement;
  readonly #dropIndex: Statement;

  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
    this.#putTable = driver.prepare("INSERT OR IGNORE INTO tabs VALUES (?, ?)");
    this.#putIndex = driver.prepare("INSERT OR IGNORE INTO indexes VALUES (?, ?, ?, ?)");
    this.#dropIndex = driver.prepare("DELETE FROM indexes WHERE number = ?");
    this.reload();
  }

  /** Reads everything again, after a change of tables or indexes was rolled back. */
  reload(): void {
    const driver = this.#driver;
    this.#tables.clear();
    this.#byNumber.clear();
    const stored = driver.prepare("SELECT number, tab, name, fields FROM indexes").all();
    this.#nextIndex = 1 + Math.max(0, ...stored.map((row) => Number(row["number"])));
    for (const row of driver.prepare("SELECT number, name FROM tabs").all()) {
      const table = this.#hold({ number: Number(row["number"]), name: String(row["name"]) }, true);
      for (const index of stored.filter((each) => each["tab"] === row["number"])) {
        const fields = JSON.parse(String(index["fields"])) as string[];
        const name = String(index["name"]);
        table.indexes.set(name, { number: Number(index["number"]), name, fields });
      }
    }
  }

  /** The table, made when it is new; its rows are written with the first document. */
  table(name: string): TableEntry {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    checkName("Table", name);
    const number = SYSTEM_TABLES[name] ?? this.#nextTable;
    const table = this.#hold({ number, name }, false);
    this.addIndex(table, "by_id", ["_id"]);
    this.addIndex(table, "by_creation_time", ["_creationTime", "_id"]);
    return table;
  }

  find(name: string): TableEntry | undefined {
    return this.#tables.get(name);
  }

  byNumber(number: number): TableEntry | undefined {
    return this.#byNumber.get(number);
  }

  all(): TableEntry[] {
    return [...this.#tables.values()];
  }

  addIndex(table: TableEntry, name: string, fields: readonly string[]): IndexEntry {
    const index = { number: this.#nextIndex++, name, fields };
    table.indexes.set(name, index);
    return index;
  }

  removeIndex(table: TableEntry, index: IndexEntry): void {
    table.indexes.delete(index.name);
    this.#dropIndex.run([index.number]);
  }

  /**
   * Gives tables other numbers, which stand in the ids of their documents, so it is for tables without documents.
   * Call `reload` when the open transaction is taken back.
   */
  renumber(numbers: ReadonlyMap<string, number>): void {
    const moved = [...numbers].map(([name, number]) => ({ ...this.table(name), number, persisted: false }));
    for (const { name } of moved) {
      this.#byNumber.delete(this.table(name).number);
      this.#driver
        .prepare("DELETE FROM indexes WHERE tab = (SELECT number FROM tabs WHERE name = ?)")
        .run([name]);
      this.#driver.prepare("DELETE FROM tabs WHERE name = ?").run([name]);
    }
    for (const table of moved) {
      this.#tables.set(table.name, table);
      this.#byNumber.set(table.number, table);
      this.#nextTable = Math.max(this.#nextTable, table.number + 1);
      this.write(table);
      table.persisted = true;
    }
  }

  /** A number that no table has. */
  freeNumber(): number {
    return this.#nextTable++;
  }

  /** Writes the rows of a table and its indexes into the open transaction. */
  write(table: TableEntry): void {
    this.#putTable.run([table.number, table.name]);
    for (const index of table.indexes.values()) {
      this.#putIndex.run([index.number, table.number, index.name, JSON.stringify(index.fields)]);
    }
  }

  #hold(row: { number: number; name: string }, persisted: boolean): TableEntry {
    const table: TableEntry = { ...row, indexes: new Map(), documentType: null, persisted };
    this.#tables.set(row.name, table);
    this.#byNumber.set(row.number, table);
    this.#nextTable = Math.max(this.#nextTable, row.number + 1);
    return table;
  }
}

/** @throws DeveloperError when a table, index or field name is no identifier. */
export function checkName(what: "Table" | "Index", name: string): void {
  if (/^_?[a-zA-Z][a-zA-Z0-9_]*$/.test(name) && name.length <= LIMITS.identifierChars) return;
  throw new DeveloperError(
    `${what} names must be valid identifiers of at most ${LIMITS.identifierChars} characters, got "${name}"`,
  );
}
