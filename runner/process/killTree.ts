/**
 * Stops an attempt with all its descendants: TERM to the leader's group, so that CLIs stop their own tools; then KILL
 * for whatever is left, which includes tools in sessions of their own that no group signal reaches.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createTree, type ProcessTree, type TreeRoot } from "./tree.ts";
import type { ProcessRow } from "./table.ts";

/** How long the group may take to end by itself after TERM. */
export const TERM_GRACE_MS = 5_000;
/** How often the tree is read again while waiting. */
const REREAD_MS = 50;
/** Rounds of KILL: a process that forks faster than it is killed is given up, and reported. */
const KILL_ROUNDS = 100;

export interface KillReport {
  /** Processes that needed KILL. */
  killedHard: number;
  /** Pids that live on (in an uninterruptible wait, or of another user). */
  left: number[];
}

/** Ends every process of the attempt; safe to call when there is none. */
export async function killTree(
  root: TreeRoot,
  options: { graceMs?: number; tree?: ProcessTree } = {},
): Promise<KillReport> {
  const tree = options.tree ?? createTree(root);
  let rows = await tree.living();
  if (rows.length === 0) return { killedHard: 0, left: [] };
  const told = new Set(rows.map((row) => row.pid));
  signalGroup(rows, root);
  const end = Date.now() + (options.graceMs ?? TERM_GRACE_MS);
  while (Date.now() < end && rows.some((row) => inGroup(row, root))) {
    await sleep(REREAD_MS);
    rows = await tree.living();
    rows.filter((row) => startedLate(row, root, told)).forEach((row) => signal(row.pid, "SIGTERM"));
  }
  return killRest(tree, rows);
}

async function killRest(tree: ProcessTree, first: ProcessRow[]): Promise<KillReport> {
  const killed = new Set<number>();
  let rows = first;
  for (let round = 0; rows.length > 0 && round < KILL_ROUNDS; round += 1) {
    for (const { pid } of rows) {
      killed.add(pid);
      signal(pid, "SIGKILL");
    }
    await sleep(Math.min(REREAD_MS, 5 * (round + 1)));
    rows = await tree.living();
  }
  return { killedHard: killed.size, left: rows.map((row) => row.pid) };
}

function inGroup(row: ProcessRow, root: TreeRoot): boolean {
  return row.group === root.leader?.pid;
}

/**
 * The program itself, when the signal came while its shell was about to start it: the shell survives TERM, and the
 * program would not have heard of it. What a program starts to clean up after itself is not disturbed.
 */
function startedLate(row: ProcessRow, { leader }: TreeRoot, told: Set<number>): boolean {
  if (row.ppid !== leader?.pid || told.has(row.pid)) return false;
  told.add(row.pid);
  return true;
}

/** One signal to the whole group is atomic: nobody can fork out of it half-way. */
function signalGroup(rows: ProcessRow[], root: TreeRoot): void {
  if (root.leader && rows.some((row) => inGroup(row, root))) signal(-root.leader.pid, "SIGTERM");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between, or it is not ours to end; the next reading of the tree tells which.
  }
}
