import { RangeStream } from "../database/documentStream.ts";
import { resolveSource, type RangeExpression } from "../database/indexRange.ts";
import type { Transaction } from "../database/transaction.ts";
import { JOB_TABLE } from "../functions/syscalls/schedule.ts";
import type { ConvexJson } from "../values/json.ts";

/** A document of `_scheduled_functions`. */
export interface JobRow {
  readonly _id: string;
  readonly name: string;
  readonly args: ConvexJson[];
  readonly scheduledTime: number;
  readonly state: { kind: JobState; error?: string };
}
export type JobState = "pending" | "inProgress" | "success" | "failed" | "canceled";

/** Jobs in one state by their time, earliest first. */
export function jobsByDue(tx: Transaction, state: JobState, limit: number): JobRow[] {
  const range: RangeExpression[] = [{ type: "Eq", fieldPath: "state.kind", value: state }];
  return read(tx, "by_due", { range, limit });
}

/** Finished jobs that were done before a time, oldest first. */
export function jobsCompletedBefore(tx: Transaction, beforeMs: number, limit: number): JobRow[] {
  const range: RangeExpression[] = [
    { type: "Gt", fieldPath: "completedTime", value: 0 },
    { type: "Lt", fieldPath: "completedTime", value: beforeMs },
  ];
  return read(tx, "by_completed", { range, limit });
}

export function findJob(tx: Transaction, id: string): JobRow | null {
  const json = tx.get(id, JOB_TABLE);
  return json === null ? null : (JSON.parse(json) as JobRow);
}

function read(tx: Transaction, index: string, how: { range: RangeExpression[]; limit: number }): JobRow[] {
  const { range, limit } = how;
  const source = { type: "IndexRange", indexName: `${JOB_TABLE}.${index}`, range, order: "asc" } as const;
  const stream = new RangeStream(tx, resolveSource(source, tx.store.catalog), limit);
  const jobs: JobRow[] = [];
  for (let row = stream.next(); row !== null; row = stream.next()) {
    jobs.push(JSON.parse(row.json) as JobRow);
    if (jobs.length >= limit) break;
  }
  return jobs;
}
