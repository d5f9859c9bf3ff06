import type { Catalog } from "../../database/catalog.ts";
import type { Source } from "../../database/indexRange.ts";
import { DeveloperError } from "../../values/errors.ts";
import { decodeId } from "../../values/ids.ts";

/** What Convex documents of its own tables; the host's others hold the environment and the state of transfers. */
const READABLE: readonly string[] = ["_scheduled_functions", "_storage"];

/** @throws DeveloperError for a table of the host that is none of the functions' business */
export function checkReadable(source: Source): void {
  const name = source.type === "FullTableScan" ? source.tableName : (source.indexName.split(".")[0] ?? "");
  if (!name.startsWith("_") || READABLE.includes(name)) return;
  throw new DeveloperError(`Unknown system table "${name}". Functions can read ${READABLE.join(" and ")}.`);
}

/**
 * `db.get` is for the app's documents, `db.system.get` for the system's.
 * @throws DeveloperError when the id is of the other side
 */
export function checkSide(catalog: Catalog, { id, isSystem }: { id: string; isSystem?: boolean }): void {
  const name = tableOf(catalog, id);
  if (name === undefined || name.startsWith("_") === (isSystem ?? false)) return;
  throw new DeveloperError(
    isSystem
      ? "User tables can only be accessed from db.get()."
      : "System tables can only be accessed from db.system.get().",
  );
}

/** @throws DeveloperError for an id of a system table: a job or file that is changed behind the host's back breaks it */
export function checkWritable(catalog: Catalog, id: string): void {
  if (tableOf(catalog, id)?.startsWith("_")) {
    throw new DeveloperError("System tables (prefixed with `_`) are read-only.");
  }
}

function tableOf(catalog: Catalog, id: string): string | undefined {
  const decoded = decodeId(id);
  return decoded === null ? undefined : catalog.byNumber(decoded.tableNumber)?.name;
}
