import type { Driver, SqlRow, SqlValue, Statement } from "./driver.ts";

interface NodeStatement {
  run(...params: SqlValue[]): unknown;
  get(...params: SqlValue[]): Record<string, unknown> | undefined;
  all(...params: SqlValue[]): Record<string, unknown>[];
}
interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NodeStatement;
  close(): void;
}
export interface NodeSqlite {
  DatabaseSync: new (file: string) => NodeDatabase;
}

/** The SQLite inside Node (22.13 and later), or undefined; asked for in a way that older Nodes survive. */
export function nodeSqlite(): NodeSqlite | undefined {
  const getBuiltin = (process as { getBuiltinModule?: (id: string) => unknown }).getBuiltinModule;
  return getBuiltin?.("node:sqlite") as NodeSqlite | undefined;
}

/** Opens a file with Node's own SQLite; its BLOBs come as Uint8Array and are given on as Buffers. */
export function openNodeSqlite(module: NodeSqlite, file: string): Driver {
  const database = new module.DatabaseSync(file);
  return {
    name: "node:sqlite",
    exec: (sql) => {
      database.exec(sql);
    },
    prepare: (sql) => statement(database.prepare(sql)),
    close: () => {
      database.close();
    },
  };
}

function statement(prepared: NodeStatement): Statement {
  return {
    run: (params = []) => {
      prepared.run(...params);
    },
    get: (params = []) => {
      const row = prepared.get(...params);
      return row === undefined ? undefined : withBuffers(row);
    },
    all: (params = []) => prepared.all(...params).map(withBuffers),
  };
}

function withBuffers(row: Record<string, unknown>): SqlRow {
  for (const column in row) {
    const value = row[column];
    if (value instanceof Uint8Array) {
      row[column] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }
  return row as SqlRow;
}
