/**
 * Everything that belongs to one attempt. A process belongs when it descends from the leader, is in the leader's group
 * or session, or carries the attempt's marker in its environment; once seen it is remembered by pid and start time,
 * because after its parent's death nothing may point to it any more.
 */
import type { ProcessIdentity } from "./identity.ts";
import { leastPidAfter, snapshot, type ProcessRow } from "./table.ts";

/** The environment variable that marks every process of an attempt. */
export const ATTEMPT_MARKER = "DROVER_ATTEMPT_ID";

export interface TreeRoot {
  /** Undefined when the daemon died before it could note the leader: then the marker alone is searched. */
  leader: ProcessIdentity | undefined;
  /** The value of the marker. */
  attemptId: string;
}

export interface ProcessTree {
  /** Looks again and gives the living members. */
  living(): Promise<ProcessRow[]>;
}

/** A tree that remembers its members. */
export function createTree(root: TreeRoot): ProcessTree {
  const seen = new Map<number, string>();
  const wanted = `\0${ATTEMPT_MARKER}=${root.attemptId}\0`;
  if (root.leader) seen.set(root.leader.pid, root.leader.startTime);
  const remember = (row: ProcessRow) => {
    if (row.pid !== process.pid && row.pid > 1) seen.set(row.pid, row.startTime);
  };
  return {
    async living() {
      const { table, environOf } = await snapshot(leastPidAfter(root.leader));
      for (const row of table.values()) {
        if (row.zombie || isOlder(row, root.leader)) continue;
        if (environOf(row.pid)?.includes(wanted)) remember(row);
      }
      for (const row of table.values()) if (inSession(row, root.leader, table)) remember(row);
      addDescendants(table, seen, remember);
      return [...seen].flatMap(([pid, startTime]) => {
        const row = table.get(pid);
        return row && row.startTime === startTime && !row.zombie ? [row] : [];
      });
    },
  };
}

/** The environment of a process that was there before the leader need not be read: it is none of its descendants. */
function isOlder({ startTime, startTicks }: ProcessRow, leader: ProcessIdentity | undefined): boolean {
  const [boot, ticks] = (leader?.startTime ?? "").split(":");
  if (startTicks === undefined || ticks === undefined || !startTime.startsWith(`${boot}:`)) return false;
  return startTicks < Number(ticks);
}

/**
 * The leader is started as leader of a new session, and the system gives its pid to nobody while that session has
 * members. If another process has the pid now, the session is gone and the number means somebody else's.
 */
function inSession(
  row: ProcessRow,
  leader: ProcessIdentity | undefined,
  table: Map<number, ProcessRow>,
): boolean {
  if (!leader || (row.group !== leader.pid && row.session !== leader.pid)) return false;
  const holder = table.get(leader.pid);
  return holder === undefined || holder.startTime === leader.startTime;
}

function addDescendants(
  table: Map<number, ProcessRow>,
  seen: Map<number, string>,
  remember: (row: ProcessRow) => void,
): void {
  for (let before = -1; before !== seen.size;) {
    before = seen.size;
    for (const row of table.values()) {
      const parent = table.get(row.ppid);
      if (parent && seen.get(parent.pid) === parent.startTime && !seen.has(row.pid)) remember(row);
    }
  }
}
