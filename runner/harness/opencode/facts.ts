import type { Usage } from "../../../domain/usage.ts";
import type { Json } from "../json.ts";

/** What the verdict needs of the stream. */
export interface OpencodeFacts {
  /** `reason` of the last finished step. */
  reason: string | undefined;
  error: Json | undefined;
  answer: string | undefined;
  usage: Usage;
  costUsd: number;
  steps: number;
  /** Steps in a row without any text or tool. */
  emptySteps: number;
}
