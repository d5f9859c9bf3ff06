/** What a failed call means: a refusal that will be the same next time, or a fault that may pass. */
import { ConvexError } from "convex/values";
import { ERROR_CODES, type ErrorCode } from "../../domain/errors.ts";

/** The code of an error that Drover's functions threw; undefined for every other failure. */
export function refusalCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof ConvexError)) return undefined;
  const data: unknown = error.data;
  const code = typeof data === "object" && data !== null && "code" in data ? data.code : undefined;
  return ERROR_CODES.find((one) => one === code);
}

/** One line for a log. */
export function describeError(error: unknown): string {
  if (error instanceof ConvexError) {
    const data: unknown = error.data;
    if (typeof data === "object" && data !== null && "message" in data && "code" in data)
      return `${String(data.code)}: ${String(data.message)}`;
  }
  return error instanceof Error ? error.message : String(error);
}
