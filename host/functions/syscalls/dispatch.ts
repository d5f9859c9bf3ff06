import type { OwnLimits } from "../../database/usage.ts";
import { DeveloperError } from "../../values/errors.ts";
import type { ConvexJson } from "../../values/json.ts";
import type { Frame } from "../frame.ts";
import { type Address, handleOf, pathOf } from "./address.ts";
import * as database from "./database.ts";
import * as meta from "./meta.ts";
import { FILE_OPS } from "./files.ts";
import { REFUSED } from "./refused.ts";
import { cancelJob, type Schedulable, schedule } from "./schedule.ts";

/** Syscalls of queries and mutations: names and shapes from server/impl of the convex package. */
export interface RunUdfArgs extends Address {
  udfType: "query" | "mutation" | "snapshotQuery";
  args: ConvexJson;
  transactionLimits?: OwnLimits;
}
interface Request {
  args: never;
  registry: Schedulable;
}
type SyncHandler = (frame: Frame, args: never) => string;
type AsyncHandler = (frame: Frame, request: Request) => string;

const SYNC: Record<string, SyncHandler> = {
  "1.0/queryStream": database.queryStream,
  "1.0/queryCleanup": database.queryCleanup,
  "1.0/db/normalizeId": database.normalizeId,
  "1.0/getSnapshotTs": meta.getSnapshotTs,
};

const plain =
  (handler: SyncHandler): AsyncHandler =>
  (frame, { args }) =>
    handler(frame, args);

const FILE_READS = ["1.0/storageGetUrl", "1.0/storageGetMetadata"];
const fileSyscalls = Object.fromEntries(
  Object.entries(FILE_OPS).map(([op, run]): [string, AsyncHandler] => [
    op,
    (frame, { args }) => {
      if (!FILE_READS.includes(op)) mutationOnly(frame, "change stored files");
      return run(frame.tx, args);
    },
  ]),
);

const ASYNC: Record<string, AsyncHandler> = {
  "1.0/queryStreamNext": plain(database.queryStreamNext),
  "1.0/queryPage": plain(database.queryPage),
  "1.0/get": plain(database.get),
  "1.0/insert": plain(database.insert),
  "1.0/shallowMerge": plain(database.shallowMerge),
  "1.0/replace": plain(database.replace),
  "1.0/remove": plain(database.remove),
  "1.0/count": plain(database.count),
  "1.0/getUserIdentity": (frame) => meta.getUserIdentity(frame),
  "1.0/getTransactionMetrics": (frame) => meta.getTransactionMetrics(frame),
  "1.0/getFunctionMetadata": (frame) => meta.getFunctionMetadata(frame.entry.path),
  "1.0/getDeploymentMetadata": () => meta.getDeploymentMetadata(),
  "1.0/getRequestMetadata": (frame) => {
    if (frame.entry.kind === "mutation") return meta.getRequestMetadata(frame);
    throw new DeveloperError(
      "getRequestMetadata() can only be called from a mutation or an action. It is not available in queries.",
    );
  },
  "1.0/createFunctionHandle": (_frame, { args }) => JSON.stringify(handleOf(pathOf(args))),
  "1.0/auditLog": (frame, { args }) => {
    frame.scope.log.add("info", ["audit", (args as { body: unknown }).body]);
    return "null";
  },
  ...fileSyscalls,
  "1.0/schedule": (frame, { args, registry }) => {
    mutationOnly(frame, "schedule functions");
    const parent = frame.scope.metadata.scheduledFunctionId;
    return JSON.stringify(schedule(frame.tx, { registry, parent }, args));
  },
  "1.0/cancel_job": (frame, { args, registry }) => {
    mutationOnly(frame, "cancel scheduled functions");
    cancelJob(frame.tx, registry, (args as { id: string }).id);
    return "null";
  },
};

/** Every operation that queries and mutations may use; `1.0/runUdf` is the runner's own. */
export const DETERMINISTIC_OPS = [...Object.keys(SYNC), ...Object.keys(ASYNC), "1.0/runUdf"];

export function syncSyscall(frame: Frame, op: string, args: unknown): string {
  const handler = SYNC[op];
  if (handler === undefined) throw unknownOperation(op, "operation");
  return handler(frame, args as never);
}

export function asyncSyscall(
  frame: Frame,
  op: string,
  request: { args: unknown; registry: Schedulable },
): string {
  const handler = ASYNC[op];
  if (handler === undefined) throw unknownOperation(op, "async operation");
  return handler(frame, request as Request);
}

/** The words "Unknown async operation" are looked for by the convex package (server/impl/meta_impl.ts). */
export function unknownOperation(op: string, what: string): DeveloperError {
  return new DeveloperError(REFUSED[op] ?? `Unknown ${what} ${op}`);
}

function mutationOnly(frame: Frame, what: string): void {
  if (frame.entry.kind !== "mutation")
    throw new DeveloperError(`Only mutations may ${what}; this is a query.`);
}
