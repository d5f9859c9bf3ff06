import { openSync, readSync } from "node:fs";

/** A reading younger than this stands for now, because asking the kernel costs 3 µs: short calls share one. */
const FRESH_MS = 20;

/**
 * CPU time of the calling thread in milliseconds. A function's limit counts what it computes, not how long a busy
 * machine let it wait: by wall time, a query of 5 ms fails when the machine has something else to do for a second.
 * On Linux from `/proc/thread-self/schedstat` (Node 20 has no `process.threadCpuUsage`), elsewhere of the process.
 */
export const cpuNow: () => number = threadUsage() ?? schedstat() ?? processUsage;

let latest = { wall: -Infinity, cpu: 0 };

/** A reading to measure from; up to 20 ms old, so it never makes a call look shorter than it was. */
export function cpuMark(): number {
  const wall = performance.now();
  if (wall - latest.wall > FRESH_MS) latest = { wall, cpu: cpuNow() };
  return latest.cpu;
}

function threadUsage(): (() => number) | null {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  if (threadCpuUsage === undefined) return null;
  return () => sum(threadCpuUsage.call(process));
}

function schedstat(): (() => number) | null {
  try {
    // Opened once: the descriptor stays bound to the thread that opened it.
    const file = openSync("/proc/thread-self/schedstat", "r");
    const buffer = Buffer.alloc(64);
    const read = () => {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return Number.parseInt(buffer.toString("latin1", 0, length), 10) / 1e6;
    };
    return Number.isFinite(read()) ? read : null;
  } catch {
    return null;
  }
}

function processUsage(): number {
  return sum(process.cpuUsage());
}

function sum({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}
