/** A process named for ever: pids are reused, a pid with its start time is not. */
import { processRow, rowIn } from "./table.ts";

export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** The identity of a running process, or undefined when there is none. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const row = await processRow(pid);
  return row && !row.zombie ? { pid, startTime: row.startTime } : undefined;
}

/** True while exactly this process runs (a zombie does not run). */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const row = await processRow(identity.pid);
  return row !== undefined && !row.zombie && row.startTime === identity.startTime;
}

/** The start time in the text of `/proc/PID/stat`, also of a process that has ended since; undefined without a text. */
export function startTimeIn(stat: string): string | undefined {
  return rowIn(stat)?.startTime;
}
