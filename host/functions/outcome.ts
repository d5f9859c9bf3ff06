import { randomBytes } from "node:crypto";
import type { ConvexJson } from "../values/json.ts";
import { LIMITS } from "../values/limits.ts";
import type { StackFrames } from "./stackFrames.ts";

/** What a call came to. `value` is the JSON text of the result. */
export type CallOutcome =
  | { readonly kind: "success"; readonly value: string; readonly logLines: string[] }
  | {
      readonly kind: "failure";
      readonly message: string;
      /** The data of a ConvexError, which survives redaction. */
      readonly data: ConvexJson | undefined;
      readonly logLines: string[];
    };

/** What a function threw: `Name: message`, stack lines, and the JSON text of a ConvexError's data. */
export interface Thrown {
  readonly text: string;
  readonly frames: string;
  readonly data: string | undefined;
}

/** Why a call failed, before it is dressed for the client. */
export interface Failure {
  readonly detail: string;
  readonly data?: ConvexJson | undefined;
}

export function newRequestId(): string {
  return randomBytes(8).toString("hex");
}

/** The failure as clients of Convex know it; redacted (as on production deployments) only the first line remains. */
export function failureMessage(requestId: string, failure: Failure, redact: boolean): string {
  const head = `[Request ID: ${requestId}] Server Error`;
  return redact ? head : `${head}\n${failure.detail}`;
}

/** Text of an exception: `Uncaught Error: message` and the first stack lines. */
export function thrownFailure({ text, frames, data }: Thrown, stack: StackFrames): Failure {
  const detail = frames === "" ? `Uncaught ${text}` : `Uncaught ${text}\n${stack.original(frames)}\n`;
  return data === undefined ? { detail } : { detail, data: JSON.parse(data) as ConvexJson };
}

export function timedOut(limitMs: number): Failure {
  return { detail: `Function execution timed out (maximum duration: ${limitMs / 1000}s)` };
}

export const RAN_AWAY = timedOut(LIMITS.userTimeMs);

export function outOfMemory(limitMib: number): Failure {
  return { detail: `JavaScript execution ran out of memory (maximum memory usage: ${limitMib} MB)` };
}

export const OUT_OF_MEMORY = outOfMemory(LIMITS.functionMemoryMib);

/** After the last retry; the words are those of the real server (docs.convex.dev/error). */
export const CONFLICTED: Failure = {
  detail:
    "Documents read from or written to a table changed while this mutation was being run and on every subsequent retry. " +
    "See https://docs.convex.dev/error#1",
};
