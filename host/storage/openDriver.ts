import type { Driver } from "./driver.ts";
import { nodeSqlite, openNodeSqlite } from "./nodeSqliteDriver.ts";

/** Opens a SQLite file with the binding that this Node has: its own, else `libsql`. */
export async function openDriver(file: string): Promise<Driver> {
  const builtin = nodeSqlite();
  if (builtin !== undefined) return openNodeSqlite(builtin, file);
  const { openLibsql } = await import("./libsqlDriver.ts");
  return openLibsql(file);
}
