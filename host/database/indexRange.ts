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
      return { table: source.tableName, range: keyRange(index, []), order: source.order ?? "asc" };
    }
    case "IndexRange": {
      const dot = source.indexName.indexOf(".");
      const table = source.indexName.slice(0, dot);
      const index = indexOf(catalog, table, source.indexName.slice(dot + 1));
      return { table, range: keyRange(index, source.range), order: source.order ?? "asc" };
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

function keyRange(index: IndexEntry, expressions: readonly RangeExpression[]): KeyRange {
  const equal: (ConvexJson | undefined)[] = [];
  let at = 0;
  for (; expressions[at]?.type === "Eq"; at++) {
    const expression = expressions[at] as RangeExpression;
    checkField(index, equal.length, expression);
    equal.push(bound(expression));
  }
  const prefix = encodeKey(equal);
  let [lo, hi] = [prefix, afterPrefix(prefix)];
  const seen = new Set<string>();
  for (const expression of expressions.slice(at)) {
    checkInequality(index, equal.length, { expression, seen });
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
  position: number,
  { expression, seen }: { expression: RangeExpression; seen: Set<string> },
): void {
  checkField(index, position, expression);
  const side = expression.type.slice(0, 2);
  if (side === "Eq" || seen.has(side)) {
    throw new DeveloperError(
      `Invalid index range on ${index.name}: equalities come first, then at most one lower and one upper bound on ` +
        `the next field; got ${expression.type.toLowerCase()}("${expression.fieldPath}").`,
    );
  }
  seen.add(side);
}

function checkField(index: IndexEntry, position: number, expression: RangeExpression): void {
  const expected = index.fields[position];
  if (expression.fieldPath === expected) return;
  throw new DeveloperError(
    `Tried to query index ${index.name} but the query didn't use the index fields in order: ` +
      `expected "${expected ?? "no further field"}", got "${expression.fieldPath}". ` +
      `The index fields are [${index.fields.join(", ")}].`,
  );
}

function bound(expression: RangeExpression): ConvexJson | undefined {
  return kindOf(expression.value) === "undefined" ? undefined : expression.value;
}
