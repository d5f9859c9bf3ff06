/** The limits that are a runner's own: they hold whatever the harness, its profile and the backend say. */
import type { CapLimits } from "./claim/caps.ts";
import { LOOP_LIMITS, type LoopLimits } from "./attempt/loopBreaker.ts";
import { GRACE_AFTER_RESULT_MS, RETRY_PATIENCE_MS } from "./attempt/types.ts";

const MIB = 1024 * 1024;

export interface RunnerLimits extends CapLimits {
  /** Bytes of stdout and stderr of one attempt: enough for days of JSON lines, too little to fill a disk. */
  outputBytes: number;
  /** How long a process may stay after its terminal event, ms. */
  graceAfterResultMs: number;
  /** How long a CLI may retry without any progress, ms. */
  retryPatienceMs: number;
  loop: LoopLimits;
  /** Bytes that must be free where the runner keeps its files, before it claims. */
  freeDiskBytes: number;
  /** Bytes of memory that must be available before it claims and before it starts a process: an agent CLI takes some hundred megabytes. */
  freeMemoryBytes: number;
}

export const DEFAULT_LIMITS: RunnerLimits = {
  outputBytes: 512 * MIB,
  graceAfterResultMs: GRACE_AFTER_RESULT_MS,
  retryPatienceMs: RETRY_PATIENCE_MS,
  loop: LOOP_LIMITS,
  freeDiskBytes: 512 * MIB,
  freeMemoryBytes: 128 * MIB,
  jobsPerNamespace: Infinity,
  jobsPerRepo: Infinity,
};
