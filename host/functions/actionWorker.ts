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
import { BodySender } from "./bodySender.ts";
import { logText } from "./frame.ts";
import { type CallHost, Isolate, type IsolateCall } from "./isolate.ts";

const port = parentPort as NonNullable<typeof parentPort>;
const { script, env, runtime } = workerData as ThreadData;
const isolate = new Isolate({ script }, env, runtime);
const asked = new Map<number, { resolve(value: string): void; reject(error: Error): void }>();
let nextId = 1;

const body = new BodySender(post);

function post(message: FromThread): void {
  port.postMessage(message);
}

port.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "describe":
      return post({ kind: "described", functionsJson: isolate.functionsJson });
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
    case "pull":
      return body.pulled();
    case "hangUp":
      return body.hangUp();
    default:
      return message satisfies never;
  }
});

async function run(call: ThreadCall): Promise<void> {
  post({ kind: "settled", settled: await isolate.runAction(withHost(call)) });
  post({ kind: "idle", isReusable: isolate.isReusable });
}

async function http(call: ThreadCall, plain: PlainRequest): Promise<void> {
  const { url, route, ...init } = plain;
  await isolate.runHttp({ ...withHost(call), path: route }, new Request(url, init), async (settled) => {
    if (settled === null || !settled.ok) post({ kind: "responded", settled });
    else if (isAnswer(settled.value)) await body.send(settled.value);
    else post({ kind: "responded", settled: noResponse(settled.value) });
  });
  post({ kind: "idle", isReusable: isolate.isReusable });
}

/** `Response.error()` is what a failed fetch is made of, and has no status to send. */
function isAnswer(value: unknown): value is Response {
  return value instanceof Response && value.type !== "error";
}

function noResponse(value: unknown): HttpSettled {
  const text = `Error: An HTTP action must return a Response, but it returned ${logText([value])}`;
  return { ok: false, thrown: { text, frames: "", data: undefined } };
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
