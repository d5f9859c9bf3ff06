import type { Json } from "../json.ts";

/** What the verdict needs of the stream. */
export interface GeminiFacts {
  result: Json | undefined;
  /** The pieces of the answer since the last tool. */
  answer: string;
  /** The last `error` event. */
  error: string | undefined;
}
