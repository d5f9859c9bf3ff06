import type { Json } from "../json.ts";

/** What the verdict needs of the stream. */
export interface QwenFacts {
  result: Json | undefined;
  /** The last words in the place of an answer that the CLI marks as an error of the provider. */
  apiError: string | undefined;
}
