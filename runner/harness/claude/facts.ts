import type { Json } from "../json.ts";

/** What the verdict needs of the stream. */
export interface ClaudeFacts {
  result: Json | undefined;
  /** The last message that reports an API error, with its typed `error`. */
  apiError: Json | undefined;
  /** The last rate_limit_event's info. */
  limit: Json | undefined;
}
