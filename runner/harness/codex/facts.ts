import type { Json } from "../json.ts";
import type { RolloutFacts } from "./rollout.ts";

/** What the verdict needs of the stream. */
export interface CodexFacts {
  /** The last `turn.completed` or `turn.failed`. */
  turn: Json | undefined;
  answer: string | undefined;
  /** The last `error` line; it is not terminal. */
  error: string | undefined;
  rollout: RolloutFacts;
}
