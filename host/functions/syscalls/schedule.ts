import type { Transaction } from "../../database/transaction.ts";
import { DeveloperError } from "../../values/errors.ts";
import type { ConvexJson, ConvexObject } from "../../values/json.ts";
import { LIMIT_HELP, LIMITS } from "../../values/limits.ts";
import { measure } from "../../values/measure.ts";
import type { Registry } from "../registry.ts";
import { type Address, pathOf } from "./address.ts";

export const JOB_TABLE = "_scheduled_functions";

export interface ScheduleArgs extends Address {
  /** Seconds since the epoch. */
  ts: number;
  args: ConvexJson;
}

/** Writes a job row in the calling transaction; the scheduler finds it when its time has come. */
export function schedule(tx: Transaction, registry: Pick<Registry, "find">, request: ScheduleArgs): string {
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
  const name = path.endsWith(":default") ? path.slice(0, -":default".length) : path;
  return tx.insert(JOB_TABLE, { name, args: [request.args], scheduledTime, state: { kind: "pending" } });
}

/** Cancels a job that has not finished; a finished one stays as it is. */
export function cancelJob(tx: Transaction, id: string): void {
  const json = tx.get(id, JOB_TABLE);
  if (json === null) throw new DeveloperError(`Could not find scheduled function ${id} to cancel.`);
  const { state } = JSON.parse(json) as { state: ConvexObject };
  if (state["kind"] !== "pending" && state["kind"] !== "inProgress") return;
  tx.patch(id, { state: { kind: "canceled" }, completedTime: Date.now() });
}
