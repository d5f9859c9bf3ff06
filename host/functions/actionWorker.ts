/** The program of an action's thread: one isolate, one call at a time; what the action asks of the host goes over the port. */
import { parentPort, workerData } from "node:worker_threads";
import { DeveloperError } from "../values/errors.ts";
import type { ConvexJson } from "../values/json.ts";
import type {
  FromThread,
  HttpSettled,
  PlainRequest,
  Refusal,
  ThreadCall,
  ThreadData,
  ToThread,
} from "./actionMessages.ts";
import { logText } from "./frame.ts";
import { type CallHost, Isolate, type IsolateCall } from "./isolate.ts";

const port = parentPort as NonNullable<typeof parentPort>;
const { script, env } = workerData as ThreadData;
const isolate = new Isolate({ script }, env, "action");
const asked = new Map<number, { resolve(value: string): void; reject(error: Error): void }>();
let nextId = 1;

function post(message: FromThread, moved: ReadableStream[] = []): void {
  port.postMessage(message, moved as never);
}

port.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "run":
      return void run(message.call);
    case "http":
      return void http(message.call, message.request);
    case "answer":
      asked.get(message.id)?.resolve(message.value);
      return void asked.delete(message.id);
    case "refuse":
      asked.get(message.id)?.reject(errorOf(message.refusal));
      return void asked.delete(message.id);
    default:
      return message satisfies never;
  }
});

async function run(call: ThreadCall): Promise<void> {
  post({ kind: "settled", settled: await isolate.runAction(withHost(call)) });
  post({ kind: "idle", isReusable: isolate.isReusable });
}

async function http(call: ThreadCall, plain: PlainRequest): Promise<void> {
  const { url, ...init } = plain;
  const settled = await isolate.runHttp(withHost(call), new Request(url, init));
  if (settled === null || !settled.ok) post({ kind: "responded", settled });
  else await respond(settled.value);
  post({ kind: "idle", isReusable: isolate.isReusable });
}

/** Streams the body, so that the caller gets what there is while the action still writes. */
async function respond(response: Response): Promise<void> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const body = response.body === null ? null : readable;
  const { status, statusText } = response;
  const value = { status, statusText, headers: [...response.headers], body };
  const settled: HttpSettled = { ok: true, value };
  post({ kind: "responded", settled }, body === null ? [] : [body]);
  // A caller who hangs up cancels the body, which is no failure of the action.
  if (response.body !== null) await response.body.pipeTo(writable).catch(() => undefined);
}

function withHost(call: ThreadCall): IsolateCall {
  const host: CallHost = {
    nowMs: call.nowMs,
    random: Math.random,
    log: (level, args) => post({ kind: "log", level, text: logText(args) }),
    syscall: (op) => {
      throw new DeveloperError(`Unknown operation ${op}`);
    },
    asyncSyscall: (op, arg) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        asked.set(id, { resolve, reject });
        post({ kind: "syscall", id, op, arg });
      }),
  };
  return { ...call, kind: "action", host };
}

function errorOf({ message, data }: Refusal): Error {
  return new DeveloperError(message, data === undefined ? undefined : (JSON.parse(data) as ConvexJson));
}
