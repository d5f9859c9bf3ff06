import type { Usage } from "../../../domain/usage.ts";
import type { Json } from "../json.ts";

/** What the verdict needs of the stream. */
export interface OpencodeFacts {
  /** `reason` of the last finished step. */
  reason: string | undefined;
  error: Json | undefined;
  /** What it waits for by itself, in the same form; undefined when it has gone on since. */
  waiting: Json | undefined;
  /** Times in a row that the log has told of a limit. */
  limits: number;
  answer: string | undefined;
  usage: Usage;
  costUsd: number;
  steps: number;
  /** Steps in a row without any text or tool. */
  emptySteps: number;
}
