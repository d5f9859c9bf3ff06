import type { ConvexJson } from "./json.ts";

/**
 * A mistake of the function's author or caller: its message goes to the function (or the client), and nothing
 * is wrong with the host. `data` is set when a ConvexError passes through.
 */
export class DeveloperError extends Error {
  override name = "DeveloperError";
  readonly data: ConvexJson | undefined;
  constructor(message: string, data?: ConvexJson) {
    super(message);
    this.data = data;
  }
}

/** The host cannot start or go on with what it was given; the message says what to do. */
export class HostError extends Error {
  override name = "HostError";
}

/** What was to be saved is not, and nothing of it is visible: the caller may try again. */
export class NotSaved extends Error {
  override name = "NotSaved";
}

/** The message of anything that was thrown, also of an Error that another vm context made. */
export function messageOf(thrown: unknown): string {
  const message = (thrown as { message?: unknown } | null)?.message;
  return typeof message === "string" ? message : String(thrown);
}
