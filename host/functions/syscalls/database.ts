import { DocumentStream, type SerializedQuery } from "../../database/documentStream.ts";
import { paginate, type PageRequest } from "../../database/paginate.ts";
import type { Transaction } from "../../database/transaction.ts";
import { DeveloperError } from "../../values/errors.ts";
import { decodeId } from "../../values/ids.ts";
import type { ConvexJson } from "../../values/json.ts";
import type { Frame } from "../frame.ts";
import { checkReadable, checkSide, checkWritable } from "./systemTables.ts";

type Handler<Args> = (frame: Frame, args: Args) => string;

let nextQueryId = 1;

export const queryStream: Handler<{ query: SerializedQuery }> = (frame, { query }) => {
  checkReadable(query.source);
  const queryId = nextQueryId++;
  frame.streams.set(queryId, new DocumentStream(frame.tx, query));
  return JSON.stringify({ queryId });
};

export const queryStreamNext: Handler<{ queryId: number }> = (frame, { queryId }) => {
  const stream = frame.streams.get(queryId);
  if (stream === undefined) throw new DeveloperError("This query has been closed.");
  const json = stream.next();
  return json === null ? '{"value":null,"done":true}' : `{"value":${json},"done":false}`;
};

export const queryCleanup: Handler<{ queryId: number }> = (frame, { queryId }) =>
  JSON.stringify(frame.streams.delete(queryId));

export const queryPage: Handler<PageRequest> = (frame, request) => {
  const { pagination } = frame;
  if (pagination.used) {
    throw new DeveloperError(
      "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in each function.",
    );
  }
  checkReadable(request.query.source);
  pagination.used = true;
  const endCursor = request.endCursor ?? pagination.given;
  const { page, ...rest } = paginate(frame.tx, { ...request, endCursor });
  pagination.made = rest.continueCursor;
  return `{"page":[${page.join(",")}],${JSON.stringify(rest).slice(1)}`;
};

export const get: Handler<{ id: string; isSystem?: boolean; table?: string }> = (frame, args) => {
  checkSide(frame.tx.store.catalog, args);
  return frame.tx.get(args.id, args.table) ?? "null";
};

export const normalizeId: Handler<{ table: string; idString: string }> = (frame, args) => {
  const { catalog } = frame.tx.store;
  const decoded = decodeId(args.idString);
  const found = decoded === null ? undefined : catalog.byNumber(decoded.tableNumber);
  return JSON.stringify({ id: found !== undefined && found.name === args.table ? args.idString : null });
};

export const insert: Handler<{ table: string; value: ConvexJson }> = (frame, { table, value }) =>
  JSON.stringify({ _id: writer(frame).insert(table, value) });

// `db.patch`, `db.replace` and `db.delete` give nothing, so no document is written out for them and parsed again.
export const shallowMerge: Handler<{ id: string; value: ConvexJson; table?: string }> = (frame, args) => {
  writer(frame, args.id).patch(args.id, args.value, args.table);
  return "null";
};

export const replace: Handler<{ id: string; value: ConvexJson; table?: string }> = (frame, args) => {
  writer(frame, args.id).replace(args.id, args.value, args.table);
  return "null";
};

export const remove: Handler<{ id: string; table?: string }> = (frame, args) => {
  writer(frame, args.id).remove(args.id, args.table);
  return "null";
};

export const count: Handler<{ table: string }> = (frame, { table }) => {
  const source = { type: "FullTableScan", tableName: table, order: null } as const;
  checkReadable(source);
  const stream = new DocumentStream(frame.tx, { source, operators: [] });
  let rows = 0;
  while (stream.next() !== null) rows++;
  return JSON.stringify(rows);
};

function writer(frame: Frame, id?: string): Transaction {
  if (frame.entry.kind !== "mutation") {
    throw new DeveloperError("Only mutations may write to the database; this is a query.");
  }
  if (id !== undefined) checkWritable(frame.tx.store.catalog, id);
  return frame.tx;
}
