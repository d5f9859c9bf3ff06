import Database from "libsql";
import type { Driver, SqlRow, SqlValue, Statement } from "./driver.ts";

type LibsqlStatement = Database.Statement;

/**
 * Opens a file with `libsql`, the binding for Node 20, which has no SQLite of its own.
 * Three habits of that package are kept inside: BLOBs come as ArrayBuffer; parameters must be one array (a lone
 * object is taken for named parameters, and the binding then aborts the whole process); and `get` on a statement that
 * `all` has used gives a row of that earlier call.
 */
export function openLibsql(file: string): Driver {
  const database = new Database(file);
  return {
    name: "libsql",
    exec: (sql) => {
      database.exec(sql);
    },
    prepare: (sql) => statement(() => database.prepare(sql)),
    close: () => {
      database.close();
    },
  };
}

function statement(prepare: () => LibsqlStatement): Statement {
  const prepared = prepare();
  let forOne: LibsqlStatement | undefined;
  return {
    run: (params = []) => {
      prepared.run(params);
    },
    get: (params = []) => {
      const row = (forOne ??= prepare()).get(params) as Record<string, unknown> | undefined;
      return row === undefined ? undefined : withBuffers(row);
    },
    all: (params = []) => (prepared.all(params as SqlValue[]) as Record<string, unknown>[]).map(withBuffers),
  };
}

function withBuffers(row: Record<string, unknown>): SqlRow {
  for (const column in row) {
    const value = row[column];
    if (value instanceof ArrayBuffer) row[column] = Buffer.from(value);
  }
  return row as SqlRow;
}
