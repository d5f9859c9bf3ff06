import type { Driver, SqlValue } from "./driver.ts";
import { openDriver } from "./openDriver.ts";

/** What a query can read; a snapshot of a file in memory is a copy of these. */
const READ_BY_QUERIES = ["docs", "idx", "tabs", "indexes", "file_urls", "meta"];

/** A second connection that sees the data as they were when it was taken. */
export interface Snapshot {
  readonly driver: Driver;
  /** From here on the connection sees what is committed now; `source` has no transaction with writes open. */
  take(source: Driver): void;
  close(): void;
}

/**
 * Opens a connection for a snapshot of a data file. While it is held SQLite cannot fold its log beyond it, so that the log
 * grows with what is written.
 */
export async function openSnapshot(path: string): Promise<Snapshot> {
  const driver = await openDriver(path);
  let isTaken = false;
  return {
    driver,
    take: (source) => {
      if (path === ":memory:") return copyTables(source, driver);
      driver.exec("BEGIN");
      isTaken = true;
      // SQLite takes the snapshot with the first read, not with BEGIN.
      driver.prepare("SELECT count(*) FROM meta").get();
    },
    close: () => {
      // A binding may close the connection only when its statements are collected, and hold the log until then.
      if (isTaken) driver.exec("ROLLBACK");
      driver.close();
    },
  };
}

function copyTables(from: Driver, to: Driver): void {
  const tables = from.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all();
  for (const { name, sql } of tables) {
    if (!READ_BY_QUERIES.includes(String(name))) continue;
    to.exec(String(sql));
    for (const row of from.prepare(`SELECT * FROM ${String(name)}`).all()) {
      const values: SqlValue[] = Object.values(row);
      to.prepare(`INSERT INTO ${String(name)} VALUES (${values.map(() => "?").join(", ")})`).run(values);
    }
  }
}
