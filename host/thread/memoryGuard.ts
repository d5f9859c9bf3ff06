import type { RunningCall } from "../functions/runningCall.ts";

/** The fastest that a function can fill memory is about 3 GiB/s, so it gets some 300 MiB beyond the limit. */
const LOOK_EVERY_MS = 100;
/**
 * What one call may make the process grow by, bytes: three times what a function may take. The host refuses it earlier
 * by itself, at its next syscall or its end; this is for one that comes to neither.
 */
const MAX_GROWTH = 3 * 512 * 1024 * 1024;

/**
 * Calls `onExcess`, once, when a single query or mutation has made the process grow too much.
 * @param memory bytes that the process has
 * @returns how to stop looking
 */
export function guardMemory(
  running: RunningCall,
  onExcess: () => void,
  memory: () => number = () => process.memoryUsage.rss(),
): () => void {
  let last = { count: -1, bytes: 0 };
  const look = () => {
    const { text, count } = running.read();
    const bytes = memory();
    if (text === null || count !== last.count) last = { count, bytes };
    else if (bytes - last.bytes > MAX_GROWTH) {
      clearInterval(timer);
      onExcess();
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
