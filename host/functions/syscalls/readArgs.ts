import { DeveloperError } from "../../values/errors.ts";

type Kind = "string" | "number" | "object";
/** What an operation is called in the code of functions, and what its handler relies on in the arguments. */
interface Shape {
  readonly name: string;
  readonly needs: Readonly<Record<string, Kind>>;
  /** May be missing or null. */
  readonly may?: Readonly<Record<string, Kind>>;
}
type Fields = Readonly<Record<string, unknown>>;

const ID = { needs: { id: "string" }, may: { table: "string" } } as const;
const FILE = { needs: { storageId: "string" } } as const;
const ADDRESS = { name: "string", reference: "string", functionHandle: "string" } as const;
const SCHEDULE = { name: "scheduler", needs: { ts: "number", args: "object" }, may: ADDRESS } as const;
const CANCEL = { name: "scheduler.cancel", needs: { id: "string" } } as const;

/** The package checks some of this itself, but a null or a number that a function took for an id goes through. */
const SHAPES: Readonly<Record<string, Shape>> = {
  "1.0/get": { name: "db.get", ...ID },
  "1.0/shallowMerge": { name: "db.patch", ...ID },
  "1.0/replace": { name: "db.replace", ...ID },
  "1.0/remove": { name: "db.delete", ...ID },
  "1.0/insert": { name: "db.insert", needs: { table: "string" } },
  "1.0/count": { name: "db.query", needs: { table: "string" } },
  "1.0/db/normalizeId": { name: "db.normalizeId", needs: { table: "string", idString: "string" } },
  "1.0/queryStream": { name: "db.query", needs: { query: "object" } },
  "1.0/queryPage": {
    name: "paginate",
    needs: { query: "object", pageSize: "number" },
    may: { cursor: "string", endCursor: "string", maximumRowsRead: "number", maximumBytesRead: "number" },
  },
  "1.0/runUdf": { name: "ctx.runQuery and ctx.runMutation", needs: { udfType: "string" }, may: ADDRESS },
  "1.0/actions/query": { name: "ctx.runQuery", needs: {}, may: ADDRESS },
  "1.0/actions/mutation": { name: "ctx.runMutation", needs: {}, may: ADDRESS },
  "1.0/actions/action": { name: "ctx.runAction", needs: {}, may: ADDRESS },
  "1.0/createFunctionHandle": { name: "createFunctionHandle", needs: {}, may: ADDRESS },
  "1.0/schedule": SCHEDULE,
  "1.0/actions/schedule": SCHEDULE,
  "1.0/cancel_job": CANCEL,
  "1.0/actions/cancel_job": CANCEL,
  "1.0/storageGetUrl": { name: "storage.getUrl", ...FILE },
  "1.0/storageGetMetadata": { name: "storage.getMetadata", ...FILE },
  "1.0/storageDelete": { name: "storage.delete", ...FILE },
  "1.0/storageGet": { name: "storage.get", ...FILE },
  "1.0/storageStore": {
    name: "storage.store",
    needs: { blob: "string" },
    may: { contentType: "string", sha256: "string" },
  },
};

/**
 * The arguments of an operation, parsed. What the handlers would stumble over is the function's mistake, not the host's.
 * @throws DeveloperError naming the first one that is of another type
 */
export function readArgs(op: string, json: string): unknown {
  const args = parse(op, json);
  const shape = SHAPES[op];
  if (shape === undefined) return args;
  if (!isOf(args, "object")) throw invalid(shape, ["arguments", args], "object");
  const fields = args as Fields;
  for (const field in shape.needs) check(shape, [field, fields[field]], shape.needs[field] as Kind);
  for (const field in shape.may) {
    const value = fields[field];
    if (value !== undefined && value !== null) check(shape, [field, value], shape.may[field] as Kind);
  }
  if (shape.needs["query"] !== undefined) checkQuery(shape, fields["query"] as Fields);
  // A page of what was never said to be the first one.
  if (op === "1.0/queryPage" && fields["cursor"] === undefined) {
    throw invalid(shape, ["cursor", undefined], "string or null");
  }
  return args;
}

function parse(op: string, json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new DeveloperError(`The arguments of ${op} are no JSON.`);
  }
}

function checkQuery(shape: Shape, query: Fields): void {
  const { source, operators } = query;
  if (!isOf(source, "object")) throw invalid(shape, ["source", source], "object");
  if (!Array.isArray(operators)) throw invalid(shape, ["operators", operators], "array");
  const { type, range, order = null } = source as Fields;
  const name = type === "FullTableScan" ? "tableName" : "indexName";
  check(shape, [name, (source as Fields)[name]], "string");
  if (type === "IndexRange" && !Array.isArray(range)) throw invalid(shape, ["range", range], "array");
  if (order !== null && order !== "asc" && order !== "desc") {
    throw invalid(shape, ["order", order], '"asc" or "desc"');
  }
}

function check(shape: Shape, value: readonly [field: string, value: unknown], kind: Kind): void {
  if (!isOf(value[1], kind)) throw invalid(shape, value, kind);
}

function isOf(value: unknown, kind: Kind): boolean {
  return typeof value === kind && value !== null && !Array.isArray(value);
}

function invalid(
  shape: Shape,
  [field, got]: readonly [field: string, value: unknown],
  expected: string,
): DeveloperError {
  const shown = got === undefined ? "undefined" : JSON.stringify(got);
  return new DeveloperError(
    `Invalid argument \`${field}\` for \`${shape.name}\`: expected ${expected}, got ${shown}`,
  );
}
