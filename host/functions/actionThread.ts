import type { EventLoopUtilization } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { DeveloperError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import type {
  FromThread,
  HttpSettled,
  PlainRequest,
  ThreadCall,
  ThreadData,
  ToThread,
} from "./actionMessages.ts";
import { BodyReceiver } from "./bodyReceiver.ts";
import { refusalOf, type Settled } from "./isolate.ts";
import type { Thrown } from "./outcome.ts";
import { workerFile } from "./workerFile.ts";

/** What an action asks of the host while it runs. */
export interface ThreadHost {
  asyncSyscall(op: string, arg: string): string | Promise<string>;
  log(level: string, text: string): void;
}
/** Null when no route matches. */
export type HttpAnswer = { ok: true; value: Response } | { ok: false; thrown: Thrown } | null;
/** Why a thread is gone. */
export type Loss = "time" | "memory" | "crash";
export type Ran<T> = { kind: "done"; value: T } | { kind: "lost"; why: Loss; problem: string | null };

/**
 * A backstop only, since V8 ends the whole process, not the thread, when one array does not fit below this limit, and
 * the largest array has 1 GiB; buffers do not count at all. What holds actions to their limit is MemoryWatch.
 */
const THREAD_HEAP_MIB = 2_048;

const WORKER = workerFile(new URL("./actionWorker.ts", import.meta.url), "actionWorker.js");
const NO_HOST: ThreadHost = {
  asyncSyscall: () => {
    throw new DeveloperError("This call is only possible while a function runs.");
  },
  log: () => undefined,
};

/**
 * A thread that runs one action at a time. An action may compute, wait or allocate without end: it then blocks this
 * thread and no other, and ending the thread ends the action, whatever it does.
 */
export class ActionThread {
  readonly #worker: Worker;
  #host: ThreadHost | null = null;
  #onAnswer: ((message: FromThread) => void) | null = null;
  #onIdle: ((isReusable: boolean) => void) | null = null;
  #body: BodyReceiver | null = null;
  #timer: NodeJS.Timeout | undefined;
  #measured: EventLoopUtilization | undefined;
  #lost: Loss | null = null;
  /** What the thread died of, when something was thrown that nobody caught. */
  #problem: string | null = null;
  readonly #gone: Promise<Loss>;

  constructor(data: ThreadData) {
    this.#worker = new Worker(WORKER.file, {
      eval: WORKER.eval,
      workerData: data,
      execArgv: [],
      // All that functions with Node.js around them see of the environment is the deployment's.
      env: data.runtime === "node" ? { ...data.env } : {},
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
    });
    this.#worker.on("message", (message: FromThread) => this.#receive(message));
    this.#gone = new Promise((resolve) => {
      this.#worker.on("error", (error: NodeJS.ErrnoException) => {
        this.#problem = textOf(error);
        this.#lost ??= error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "crash";
      });
      this.#worker.on("exit", () => resolve((this.#lost ??= "crash")));
    });
    void this.#gone.then((why) => {
      clearTimeout(this.#timer);
      this.#body?.end(`The action was stopped before the end of its answer (${why}).`);
    });
    this.#worker.unref();
  }

  /** JSON of the functions that it holds. */
  async describe(): Promise<Ran<string>> {
    return await this.#ask({ kind: "describe" }, NO_HOST, (message) =>
      message.kind === "described" ? { value: message.functionsJson } : null,
    );
  }

  run(call: ThreadCall, host: ThreadHost): Promise<Ran<Settled>> {
    return this.#ask({ kind: "run", call }, host, (message) =>
      message.kind === "settled" ? { value: message.settled } : null,
    );
  }

  async http(call: ThreadCall, request: PlainRequest, host: ThreadHost): Promise<Ran<HttpAnswer>> {
    return await this.#ask<HttpAnswer>({ kind: "http", call, request }, host, (message) =>
      message.kind === "responded" ? { value: this.#answer(message.settled) } : null,
    );
  }

  /** Resolves when the last call has left nothing behind (true), or when the thread can only be ended (false). */
  async idle(): Promise<boolean> {
    const idle = new Promise<boolean>((resolve) => (this.#onIdle = resolve));
    return await Promise.race([idle, this.#gone.then(() => false)]);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Part of the time since this was last asked in which the thread computed, from 0 to 1. */
  busyness(): number {
    const { performance } = this.#worker;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#measured);
    this.#measured = now;
    return utilization;
  }

  /** Ends the thread and what runs in it, for a reason that its caller is told. */
  async stop(why: Loss): Promise<void> {
    this.#lost ??= why;
    await this.end();
  }

  async #ask<T>(
    message: ToThread,
    host: ThreadHost,
    find: (message: FromThread) => { value: T } | null,
  ): Promise<Ran<T>> {
    this.#host = host;
    this.#worker.ref();
    const answer = new Promise<Ran<T>>((resolve) => {
      this.#onAnswer = (each) => {
        const found = find(each);
        if (found !== null) resolve({ kind: "done", value: found.value });
      };
    });
    // Also while the answer's body is being sent: until the thread is idle again.
    this.#timer = setTimeout(() => void this.stop("time"), LIMITS.actionTimeMs).unref();
    this.#post(message);
    return await Promise.race([
      answer,
      this.#gone.then((why): Ran<T> => ({ kind: "lost", why, problem: this.#problem })),
    ]);
  }

  #answer(settled: HttpSettled | null): HttpAnswer {
    if (settled === null || !settled.ok) return settled;
    const { hasBody, ...init } = settled.value;
    this.#body = hasBody ? new BodyReceiver((message) => this.#post(message)) : null;
    return { ok: true, value: new Response(this.#body?.stream ?? null, init) };
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "syscall":
        return void this.#serve(message);
      case "log":
        return this.#host?.log(message.level, message.text);
      case "described":
      case "settled":
      case "responded":
        return this.#answered(message);
      case "part":
        return this.#body?.part(message.bytes);
      case "bodyEnd":
        return this.#body?.end(message.problem);
      case "idle":
        return this.#rest(message.isReusable);
      default:
        return message satisfies never;
    }
  }

  #answered(message: FromThread): void {
    this.#onAnswer?.(message);
  }

  #rest(isReusable: boolean): void {
    clearTimeout(this.#timer);
    this.#body = null;
    this.#worker.unref();
    this.#onIdle?.(isReusable);
  }

  async #serve({ id, op, arg }: { id: number; op: string; arg: string }): Promise<void> {
    try {
      const value = (await this.#host?.asyncSyscall(op, arg)) ?? "null";
      this.#post({ kind: "answer", id, value });
    } catch (error) {
      this.#post({ kind: "refuse", id, refusal: refusalOf(error) });
    }
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}

/** What was thrown may be anything; an Error of a vm context arrives as one of this thread. */
function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
