import type { Json } from "../json.ts";

/** What the verdict needs of the stream. */
export interface ClineFacts {
  /** `run_result`, the last line. */
  result: Json | undefined;
  /** The last error of the provider, with its `errorClass`. */
  error: Json | undefined;
  /** The last line of type `error`: what the CLI itself complains about. */
  complaint: string | undefined;
}
