import { DeveloperError } from "../values/errors.ts";
import { type ConvexJson, kindOf } from "../values/json.ts";
import { afterPrefix, encodeKey } from "../values/keyEncoding.ts";
import type { Catalog, IndexEntry } from "./catalog.ts";
import type { KeyRange, Order } from "./rows.ts";

export interface RangeExpression {
  type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte";
  fieldPath: string;
  value: ConvexJson;
}

/** Where a query reads (server/impl/query_impl.ts of the convex package). */
export type Source =
  | { type: "FullTableScan"; tableName: string; order: Order | null }
  | { type: "IndexRange"; indexName: string; range: RangeExpression[]; order: Order | null }
  | { type: "Search"; indexName: string };

export interface ResolvedSource {
  readonly table: string;
  readonly range: KeyRange;
  readonly order: Order;
}

/**
 * The key range of a query.
 * @throws DeveloperError when the index does not exist or the expressions are no legal range of it
 */
export function resolveSource(source: Source, catalog: Catalog): ResolvedSource {
  switch (source.type) {
    case "FullTableScan": {
      const index = indexOf(catalog, source.tableName, "by_creation_time");
      return {
        table: source.tableName,
        range: keyRange(index, source.tableName, []),
        order: source.order ?? "asc",
      };
    }
    case "IndexRange": {
      const dot = source.indexName.indexOf(".");
      const table = source.indexName.slice(0, dot);
      const index = indexOf(catalog, table, source.indexName.slice(dot + 1));
      return { table, range: keyRange(index, table, source.range), order: source.order ?? "asc" };
    }
    case "Search":
      throw new DeveloperError(
        `Search index ${source.indexName} not found: this host has no search indexes.`,
      );
    default:
      return source satisfies never;
  }
}

function indexOf(catalog: Catalog, table: string, name: string): IndexEntry {
  const index = catalog.table(table).indexes.get(name);
  if (index === undefined) throw new DeveloperError(`Index ${table}.${name} not found.`);
  return index;
}

function keyRange(index: IndexEntry, table: string, expressions: readonly RangeExpression[]): KeyRange {
  checkFields(index, table, expressions);
  const equal: (ConvexJson | undefined)[] = [];
  let at = 0;
  for (; expressions[at]?.type === "Eq"; at++) {
    const expression = expressions[at] as RangeExpression;
    if (expression.fieldPath !== index.fields[equal.length]) throw invalidRange(index, expression);
    equal.push(bound(expression));
  }
  const prefix = encodeKey(equal);
  let [lo, hi] = [prefix, afterPrefix(prefix)];
  const seen = new Set<string>();
  for (const expression of expressions.slice(at)) {
    checkInequality(index, { field: index.fields[equal.length], expression, seen });
    const key = encodeKey([...equal, bound(expression)]);
    if (expression.type === "Gt") lo = afterPrefix(key);
    else if (expression.type === "Gte") lo = key;
    else if (expression.type === "Lt") hi = key;
    else hi = afterPrefix(key);
  }
  return { index: index.number, lo, hi };
}

function checkInequality(
  index: IndexEntry,
  { field, expression, seen }: { field: string | undefined; expression: RangeExpression; seen: Set<string> },
): void {
  const side = expression.type.slice(0, 2);
  if (side === "Eq" || seen.has(side) || expression.fieldPath !== field) {
    throw invalidRange(index, expression);
  }
  seen.add(side);
}

function invalidRange({ name }: IndexEntry, { type, fieldPath }: RangeExpression): DeveloperError {
  return new DeveloperError(
    `Invalid index range on ${name}: each field is compared once for equality, then the next one has at most one ` +
      `lower and one upper bound; got ${type.toLowerCase()}("${fieldPath}").`,
  );
}

/** The fields that a range names must be those that the index begins with, in its order. */
function checkFields(index: IndexEntry, table: string, expressions: readonly RangeExpression[]): void {
  let incorrect: string | undefined;
  const used: string[] = [];
  for (const { fieldPath } of expressions) {
    if (used.includes(fieldPath)) continue;
    if (index.fields[used.length] !== fieldPath) incorrect ??= fieldPath;
    used.push(fieldPath);
  }
  if (incorrect === undefined) return;
  const list = (fields: readonly string[]) => `[${fields.map((field) => JSON.stringify(field)).join(", ")}]`;
  throw new DeveloperError(
    `Tried to query index ${table}.${index.name} but the query didn't use the index fields in order.\n` +
      // Nobody declared the last one, the id.
      `Index fields: ${list(index.fields.length > 1 ? index.fields.slice(0, -1) : index.fields)}\nQuery fields: ${list(used)}\n` +
      `First incorrect field: ${JSON.stringify(incorrect)}`,
  );
}

function bound(expression: RangeExpression): ConvexJson | undefined {
  return kindOf(expression.value) === "undefined" ? undefined : expression.value;
}
