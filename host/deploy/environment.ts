import { DocumentStream } from "../database/documentStream.ts";
import type { Source } from "../database/indexRange.ts";
import type { Transaction } from "../database/transaction.ts";
import { DeveloperError } from "../values/errors.ts";
import { type ConvexObject, textOf } from "../values/json.ts";
import { LIMITS } from "../values/limits.ts";

/** Environment variables that were set with `convex env`, kept as documents so that subscriptions see changes. */
export const ENV_TABLE = "_environment_variables";
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

export interface EnvChange {
  readonly name: string;
  /** Absent or null removes the variable. */
  readonly value?: string | null | undefined;
}

/** The stored variables as documents, by name. */
export function listEnv(tx: Transaction): ConvexObject[] {
  const source: Source = { type: "IndexRange", indexName: `${ENV_TABLE}.by_name`, range: [], order: null };
  const stream = new DocumentStream(tx, { source, operators: [] });
  const rows: ConvexObject[] = [];
  for (let json = stream.next(); json !== null; json = stream.next())
    rows.push(JSON.parse(json) as ConvexObject);
  return rows;
}

export function envOf(tx: Transaction): Record<string, string> {
  return Object.fromEntries(listEnv(tx).map(({ name, value }) => [textOf(name), textOf(value)]));
}

/** @throws DeveloperError when a name is no identifier, is the deployment's own, or there are too many */
export function changeEnv(tx: Transaction, changes: readonly EnvChange[]): void {
  const rows = new Map(listEnv(tx).map((row) => [row["name"], row["_id"] as string]));
  for (const { name, value } of changes) {
    checkChange({ name, value });
    const id = rows.get(name);
    if (id !== undefined) tx.remove(id);
    rows.delete(name);
    if (typeof value === "string") rows.set(name, tx.insert(ENV_TABLE, { name, value }));
  }
  const bytes = listEnv(tx).reduce(
    (sum, { name, value }) => sum + bytesOf(textOf(name)) + bytesOf(textOf(value)),
    0,
  );
  if (bytes > LIMITS.environmentBytes) {
    throw new DeveloperError(
      `Environment variables may have ${LIMITS.environmentBytes} bytes together, got ${bytes}.`,
    );
  }
  if (rows.size > LIMITS.environmentVariables) {
    throw new DeveloperError(
      `At most ${LIMITS.environmentVariables} environment variables may be set, got ${rows.size}.`,
    );
  }
}

function checkChange({ name, value }: EnvChange): void {
  if (!NAME.test(name) || name.length > LIMITS.environmentNameChars || name.startsWith("CONVEX_")) {
    throw new DeveloperError(
      `Environment variable name "${name}" is invalid. Expected at most ${LIMITS.environmentNameChars} letters, digits ` +
        `and underscores, beginning with a letter, but not with CONVEX_.`,
    );
  }
  if (typeof value === "string" && bytesOf(value) > LIMITS.environmentValueBytes) {
    throw new DeveloperError(
      `The value of ${name} may have ${LIMITS.environmentValueBytes} bytes, got ${bytesOf(value)}.`,
    );
  }
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
