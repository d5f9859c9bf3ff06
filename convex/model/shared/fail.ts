import { ConvexError } from "convex/values";
import type { ErrorCode, ErrorData } from "../../../domain/errors.ts";

/** Ends the call with an error that the client understands: what was expected, what came, what to do. */
export function fail(code: ErrorCode, message: string): never {
  throw new ConvexError<ErrorData & Record<string, string>>({ code, message });
}
