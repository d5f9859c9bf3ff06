import { convexToJson, jsonToConvex, type Value } from "convex/values";

/** A ConvexError as it leaves `invokeMutation` has its data as JSON text; tests want the value. */
export function withParsedData(error: unknown): unknown {
  if (!isConvexError(error) || typeof error.data !== "string") return error;
  try {
    error.data = jsonToConvex(JSON.parse(error.data) as never);
  } catch {
    // The data was an ordinary text.
  }
  return error;
}

/** An error of a nested call, as a syscall throws it: its data is Convex JSON there. */
export function raised(error: unknown): unknown {
  if (!isConvexError(error)) return error;
  return Object.assign(new Error(error.message), { data: convexToJson(error.data as Value) });
}

function isConvexError(error: unknown): error is Error & { data: unknown } {
  return typeof error === "object" && error !== null && Symbol.for("ConvexError") in error;
}
