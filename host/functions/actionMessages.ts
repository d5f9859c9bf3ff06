import type { IsolateCall, Settled } from "./isolate.ts";
import type { Thrown } from "./outcome.ts";
import type { Runtime } from "./realm.ts";

/** What goes over the port between the host and an action's thread; everything is plain data or can be moved. */
export interface ThreadData {
  readonly script: string;
  readonly env: Record<string, string>;
  readonly runtime: Exclude<Runtime, "deterministic">;
}
export type ThreadCall = Omit<IsolateCall, "host" | "kind"> & { readonly nowMs: number };

export interface PlainRequest {
  readonly url: string;
  /** The path by which the router finds the action. */
  readonly route: string;
  readonly method: string;
  readonly headers: [string, string][];
  readonly body: ArrayBuffer | null;
}
export interface PlainResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [string, string][];
  /** Whether a body follows, part by part as it is asked for. */
  readonly hasBody: boolean;
}
export type HttpSettled = { ok: true; value: PlainResponse } | { ok: false; thrown: Thrown };

/** A failure as `raise` of the sandbox wants it. */
export interface Refusal {
  readonly message: string;
  readonly data?: string;
}

export type ToThread =
  /** Asks which functions there are. */
  | { kind: "describe" }
  | { kind: "run"; call: ThreadCall }
  | { kind: "http"; call: ThreadCall; request: PlainRequest }
  | { kind: "answer"; id: number; value: string }
  | { kind: "refuse"; id: number; refusal: Refusal }
  /** Asks for the next part of the body. */
  | { kind: "pull" }
  /** Nobody wants the rest of the body. */
  | { kind: "hangUp" };

export type FromThread =
  | { kind: "described"; functionsJson: string }
  | { kind: "syscall"; id: number; op: string; arg: string }
  | { kind: "log"; level: string; text: string }
  | { kind: "settled"; settled: Settled }
  /** Null when no route of http.ts matches. */
  | { kind: "responded"; settled: HttpSettled | null }
  | { kind: "part"; bytes: Uint8Array }
  /** After the last part; the problem, if there is one, cuts the body short. */
  | { kind: "bodyEnd"; problem: string | null }
  /** After the last byte of the answer; a thread in which something is left over takes no further call. */
  | { kind: "idle"; isReusable: boolean };
