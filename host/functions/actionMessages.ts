import type { IsolateCall, Settled, Thrown } from "./isolate.ts";

/** What goes over the port between the host and an action's thread; everything is plain data or can be moved. */
export interface ThreadData {
  readonly script: string;
  readonly env: Record<string, string>;
}
export type ThreadCall = Omit<IsolateCall, "host" | "kind"> & { readonly nowMs: number };

export interface PlainRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: [string, string][];
  readonly body: ArrayBuffer | null;
}
export interface PlainResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [string, string][];
  readonly body: ReadableStream | null;
}
export type HttpSettled = { ok: true; value: PlainResponse } | { ok: false; thrown: Thrown };

/** A failure as `raise` of the sandbox wants it. */
export interface Refusal {
  readonly message: string;
  readonly data?: string;
}

export type ToThread =
  | { kind: "run"; call: ThreadCall }
  | { kind: "http"; call: ThreadCall; request: PlainRequest }
  | { kind: "answer"; id: number; value: string }
  | { kind: "refuse"; id: number; refusal: Refusal };

export type FromThread =
  | { kind: "syscall"; id: number; op: string; arg: string }
  | { kind: "log"; level: string; text: string }
  | { kind: "settled"; settled: Settled }
  /** Null when no route of http.ts matches. */
  | { kind: "responded"; settled: HttpSettled | null }
  /** After the last byte of the answer; a thread in which something is left over takes no further call. */
  | { kind: "idle"; isReusable: boolean };
