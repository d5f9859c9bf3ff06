import type { CallOutcome } from "../functions/outcome.ts";
import type { ConvexJson } from "../values/json.ts";
import { plainJson } from "../values/plainJson.ts";

/** The body that tells what a call came to. */
export function answerOf(outcome: CallOutcome, format: "convex_encoded_json" | "json"): object {
  const encode = (value: ConvexJson) => (format === "json" ? plainJson(value) : value);
  const { logLines } = outcome;
  if (outcome.kind === "success") {
    return { status: "success", value: encode(JSON.parse(outcome.value) as ConvexJson), logLines };
  }
  const errorData = outcome.data === undefined ? {} : { errorData: encode(outcome.data) };
  return { status: "error", errorMessage: outcome.message, ...errorData, logLines };
}
