/** The limits that are a runner's own: they hold whatever the harness, its profile and the backend say. */
import { GRACE_AFTER_RESULT_MS, RETRY_PATIENCE_MS } from "./attempt/types.ts";

const MIB = 1024 * 1024;

export interface RunnerLimits {
  /** Bytes of stdout and stderr of one attempt: enough for days of JSON lines, too little to fill a disk. */
  outputBytes: number;
  /** How long a process may stay after its terminal event, ms. */
  graceAfterResultMs: number;
  /** How long a CLI may retry without any progress, ms. */
  retryPatienceMs: number;
}

export const DEFAULT_LIMITS: RunnerLimits = {
  outputBytes: 512 * MIB,
  graceAfterResultMs: GRACE_AFTER_RESULT_MS,
  retryPatienceMs: RETRY_PATIENCE_MS,
};
