import { DocumentStream } from "../database/documentStream.ts";
import { paginate } from "../database/paginate.ts";
import type { Order } from "../database/rows.ts";
import type { Transaction } from "../database/transaction.ts";
import type { Call } from "../functions/engine.ts";
import type { FunctionEntry } from "../functions/registry.ts";
import { type ConvexJson, type ConvexObject, textOf } from "../values/json.ts";
import type { Deployment } from "./deployment.ts";
import { listEnv } from "./environment.ts";

/** The queries that the official CLI makes of every deployment (`_system/cli/…`), each as JSON text. */
type SystemQuery = (tx: Transaction, args: ConvexObject) => string;

export interface SystemWiring {
  readonly functions: () => FunctionEntry[];
  readonly deployment: () => Deployment;
  readonly urls: { readonly cloud: string; readonly site: string };
}

const UDF_TYPES = { query: "Query", mutation: "Mutation", action: "Action" } as const;

/** Answers `_system/…` calls; null for a name that is not here. */
export function systemQueries(wiring: SystemWiring): (call: Call, tx: Transaction) => string | null {
  const queries: Record<string, SystemQuery> = {
    "cli/tables": (tx) => onePage(tablesOf(tx).map((name) => ({ name }))),
    "cli/tableData": tableData,
    "cli/tableSize": (tx, { tableName }) => String(countOf(tx, textOf(tableName))),
    "cli/queryEnvironmentVariables": (tx) => JSON.stringify(listEnv(tx)),
    "cli/queryEnvironmentVariables:get": (tx, { name }) => JSON.stringify(variable(tx, textOf(name), wiring)),
    "cli/modules:apiSpec": () => JSON.stringify(apiSpec(wiring)),
    "cli/convexUrl:cloudUrl": () => JSON.stringify(wiring.urls.cloud),
    "cli/exports:getLatest": (tx) => all(tx, "_exports").at(-1) ?? "null",
    "cli/queryImport": (tx, { importId }) => tx.get(textOf(importId), "_imports") ?? "null",
    "cli/queryImport:list": (tx) => `[${all(tx, "_imports").join(",")}]`,
    "frontend/components:list": () => "[]",
  };
  return ({ path, args }, tx) => {
    const name = path.slice("_system/".length).replace(/:default$/, "");
    const query = Object.hasOwn(queries, name) ? queries[name] : undefined;
    return query?.(tx, (args[0] ?? {}) as ConvexObject) ?? null;
  };
}

/** One variable, also of those that every deployment has: the CLI before 1.35 asks for its addresses in this way. */
function variable(tx: Transaction, name: string, { urls }: SystemWiring): ConvexObject | null {
  if (name === "CONVEX_CLOUD_URL") return { name, value: urls.cloud };
  if (name === "CONVEX_SITE_URL") return { name, value: urls.site };
  return listEnv(tx).find((row) => row["name"] === name) ?? null;
}

/** The number of documents in a table, from its index alone. */
export function countOf({ store }: Transaction, table: string): number {
  const index = store.catalog.find(table)?.indexes.get("by_id");
  if (index === undefined) return 0;
  const row = store.driver.prepare("SELECT count(*) AS n FROM idx WHERE idx = ?").get([index.number]);
  return Number(row?.["n"] ?? 0);
}

/** Tables of the functions, without the host's own. */
export function tablesOf({ store }: Transaction): string[] {
  const names = store.catalog.all().map(({ name }) => name);
  return names.filter((name) => !name.startsWith("_")).sort();
}

function tableData(tx: Transaction, { table, order, paginationOpts }: ConvexObject): string {
  const { cursor, numItems } = (paginationOpts ?? {}) as { cursor?: string | null; numItems?: number };
  const tableName = textOf(table);
  if (tx.store.catalog.find(tableName) === undefined) return onePage([]);
  const source = { type: "FullTableScan" as const, tableName, order: (order ?? "asc") as Order };
  const page = paginate(tx, {
    query: { source, operators: [] },
    cursor: cursor ?? null,
    endCursor: null,
    pageSize: numItems ?? 100,
  });
  const rest = { isDone: page.isDone, continueCursor: page.continueCursor };
  return `{"page":[${page.page.join(",")}],${JSON.stringify(rest).slice(1)}`;
}

function onePage(page: ConvexJson[]): string {
  return JSON.stringify({ page, isDone: true, continueCursor: "" });
}

function all(tx: Transaction, tableName: string): string[] {
  const stream = new DocumentStream(tx, {
    source: { type: "FullTableScan", tableName, order: "asc" },
    operators: [],
  });
  const rows: string[] = [];
  for (let json = stream.next(); json !== null; json = stream.next()) rows.push(json);
  return rows;
}

function apiSpec({ functions, deployment }: SystemWiring): object[] {
  const listed = functions().map(({ path, kind, visibility, args, returns }) => {
    const at = path.lastIndexOf(":");
    return {
      identifier: `${path.slice(0, at)}.js${path.slice(at)}`,
      functionType: UDF_TYPES[kind],
      visibility: { kind: visibility },
      args,
      returns: returns ?? { type: "any" },
    };
  });
  const http = deployment().current.routes.map(([path, method]) => ({
    functionType: "HttpAction",
    method,
    path,
  }));
  return [...listed, ...http];
}
