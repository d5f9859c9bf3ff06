import type { Transaction } from "../../database/transaction.ts";
import { DeveloperError } from "../../values/errors.ts";
import type { ConvexJson, ConvexObject } from "../../values/json.ts";
import { LIMIT_HELP, LIMITS } from "../../values/limits.ts";
import { measure } from "../../values/measure.ts";
import { canonicalPath, type Registry } from "../registry.ts";
import { type Address, pathOf } from "./address.ts";

export const JOB_TABLE = "_scheduled_functions";

export interface ScheduleArgs extends Address {
  /** Seconds since the epoch. */
  ts: number;
  args: ConvexJson;
}

/** The functions that can be scheduled. */
export interface Schedulable extends Pick<Registry, "find"> {
  /** Job rows as convex-test keeps them: names without `.js`, and finished jobs may be canceled in vain. */
  readonly isMock?: boolean;
}

/** Writes a job row in the calling transaction; the scheduler finds it when its time has come. */
export function schedule(
  tx: Transaction,
  { registry, parent }: { registry: Schedulable; parent: string | null },
  request: ScheduleArgs,
): string {
  const path = pathOf(request);
  const entry = registry.find(path);
  if (entry === undefined || entry.kind === "query") {
    throw new DeveloperError(
      `Attempted to schedule function at nonexistent path: ${path}. Expected a mutation or an action.`,
    );
  }
  const scheduledTime = request.ts * 1000;
  if (Math.abs(scheduledTime - Date.now()) > LIMITS.scheduleAheadMs) {
    throw new DeveloperError(`Scheduled time must be within 5 years of the current time. ${LIMIT_HELP}`);
  }
  if (JSON.stringify(request.args).includes('{"$commitTs":null}')) {
    throw new DeveloperError(
      `Invalid arguments for ${path}: a scheduled function cannot take a commit timestamp that is not there yet.`,
    );
  }
  tx.usage.add("functionsScheduled", 1);
  tx.usage.add("scheduledFunctionArgsBytes", measure(request.args).bytes);
  const row = { name: nameOf(path, registry.isMock ?? false), args: [request.args], scheduledTime };
  // "It will continue running but any new functions it tries to schedule will be canceled."
  if (parent !== null && stateOf(tx, parent) === "canceled")
    return tx.insert(JOB_TABLE, { ...row, ...canceled() });
  return tx.insert(JOB_TABLE, { ...row, state: { kind: "pending" } });
}

/**
 * Cancels a job that has not finished.
 * @throws DeveloperError when it has, as documented; one that was canceled before stays as it is
 */
export function cancelJob(tx: Transaction, registry: Schedulable, id: string): void {
  const state = stateOf(tx, id);
  if (state === null) throw new DeveloperError(`Could not find scheduled function ${id} to cancel.`);
  if (state === "pending" || state === "inProgress") tx.patch(id, canceled());
  else if (state !== "canceled" && !registry.isMock) {
    throw new DeveloperError(`Cannot cancel scheduled function ${id}: it has already completed (${state}).`);
  }
}

function canceled(): ConvexObject {
  return { state: { kind: "canceled" }, completedTime: Date.now() };
}

function stateOf(tx: Transaction, id: string): string | null {
  const json = tx.get(id, JOB_TABLE);
  return json === null ? null : (JSON.parse(json) as { state: { kind: string } }).state.kind;
}

/** As the documentation shows it: `messages.js:destruct`. */
function nameOf(path: string, isMock: boolean): string {
  const [module = "", name = ""] = canonicalPath(path).split(":");
  return `${module}${isMock ? "" : ".js"}${name === "default" ? "" : `:${name}`}`;
}
